/** What can go wrong with a file that carries records to headquarters by hand, and what a person does about it. */
const REMEDIES = {
  "rescue.badRecipient":
    "Write headquarters' public key as age-keygen printed it: age1…, in store.rescueRecipient or --recipient.",
  "rescue.badIdentity": "Name the file that age-keygen wrote, with a line AGE-SECRET-KEY-1….",
  "rescue.badGatewayKey": "Write the key as `tillgate rescue export` printed it: ed25519: and 43 characters.",
  "rescue.keyUnreadable":
    "Run it as the gateway's user, or move rescue.key away: a new one is then made, which headquarters must pin anew.",
  "rescue.cannotWrite": "Name a file on a medium that can be written and has room.",
  "rescue.cannotRead": "Copy the file from the medium again; if that fails too, export once more.",
  "rescue.notARescueFile": "Name the file that `tillgate rescue export` wrote.",
  "rescue.otherRecipient": "Use the identity whose public key the gateway has in store.rescueRecipient.",
  "rescue.damaged": "Copy the file from the medium again; if it stays, export once more: nothing of it was imported.",
  "rescue.newerFormat": "Import it with a tillgate at least as new as the one that wrote it.",
  "rescue.wrongSigner":
    "Ask the shop which key `tillgate rescue export` prints there. If it is not this one, trust nothing in the file.",
  "rescue.unknownSigner":
    "Compare the key with what `tillgate rescue export` printed in the shop, then give it with --gateway-key.",
  "rescue.unknownGateway": "Say whose it is: --gateway TENANT/SITE/GATEWAY.",
} as const;

export type RescueErrorCode = keyof typeof REMEDIES;

export class RescueError extends Error {
  override readonly name = "RescueError";
  readonly code: RescueErrorCode;
  /** Never a record's content. */
  readonly detail: string;
  /** What a person can do. */
  readonly remedy: string;

  constructor(code: RescueErrorCode, detail: string, options?: ErrorOptions) {
    super(`${code}: ${detail}. ${REMEDIES[code]}`, options);
    this.code = code;
    this.detail = detail;
    this.remedy = REMEDIES[code];
  }
}
