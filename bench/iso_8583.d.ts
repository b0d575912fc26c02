/** The part of npm's `iso_8583` 2.6.7 that the benchmark calls; the package has no types of its own. */
declare module "iso_8583" {
  interface Format {
    readonly ContentType: string;
    readonly Label: string;
    readonly LenType: string;
    readonly MaxLen: number;
  }

  class Iso8583 {
    /** @param message  Field number to text; 0 is the MTI. Left out for unpacking. */
    constructor(message: Readonly<Record<string, string>> | null, formats: Readonly<Record<string, Format>>);
    /** The message with two length bytes, or what is wrong with it. */
    getBufferMessage(): Buffer | { readonly error: string };
    getIsoJSON(message: Buffer): Readonly<Record<string, string>> | { readonly error: string };
  }

  export = Iso8583;
}
