/** A text for people in the shop, in both languages. */
export interface Words {
  readonly en: string;
  readonly zh: string;
}
