/** What a certificate says of itself. Wall times in ms. */
export interface CertificateFacts {
  /** Distinguished name of who signed it, in one line. */
  readonly issuer: string;
  readonly validFrom: number;
  readonly validTo: number;
}

/** What is wrong with a certificate beside its age. */
export type CertificateTrouble =
  /** The file cannot be read; `found` says why. */
  | { readonly kind: "unreadable"; readonly found: string }
  /** The file holds no certificate in PEM form. */
  | { readonly kind: "notPem" }
  /** Certificate and private key are no pair: perhaps one of the two was renewed only. */
  | { readonly kind: "otherKey" }
  /** The peer's was outside its time, and the handshake was given up before its dates could be read. */
  | { readonly kind: "refused"; readonly code: string };

/** One certificate that the daemon uses or is shown. */
export interface CertificateSight {
  /** Stable word: `broker`, `uplink.cert`, `uplink.ca`, `acquirer:ID`, `acquirer:ID.cert`, `acquirer:ID.ca`. */
  readonly use: string;
  /** File, or host:port. */
  readonly place: string;
  /** The one in use; absent when none could be read. */
  readonly facts?: CertificateFacts;
  readonly trouble?: CertificateTrouble;
}
