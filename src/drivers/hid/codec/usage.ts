/** What a HID collection is for. `vendor`: the maker's own page, where MagTek's readers put their reports. */
export type HidPurpose = "barcodeScanner" | "scale" | "cardReader" | "posOther" | "keyboard" | "vendor" | "other";

/** Usage pages: HID Usage Tables for USB and HID Point of Sale Usage Tables (usb.org). */
export function purposeOf(usagePage: number | undefined, usage: number | undefined): HidPurpose {
  switch (usagePage) {
    case 0x8c:
      return "barcodeScanner";
    case 0x8d:
      return "scale";
    case 0x8e:
      return "cardReader";
    case 0x8f:
      return "posOther";
    case 0x01:
      return usage === 0x06 ? "keyboard" : "other";
    default:
      return usagePage !== undefined && usagePage >= 0xff00 ? "vendor" : "other";
  }
}
