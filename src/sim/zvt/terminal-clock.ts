/** As the terminal's clock shows it. MMDD and hhmmss. @param at  Milliseconds since 1970, in the machine's zone. */
export function localTime(at: number): { readonly date: string; readonly time: string } {
  const shown = new Date(at);
  return {
    date: two(shown.getMonth() + 1) + two(shown.getDate()),
    time: two(shown.getHours()) + two(shown.getMinutes()) + two(shown.getSeconds()),
  };
}

/** The moment that a till means. @param date  YYMMDD. @param time  hhmmss. @returns undefined when there is none. */
export function momentOf(date: string, time: string): number | undefined {
  const [year = "", month = "", day = ""] = date.match(/\d\d/g) ?? [];
  const [hour = "", minute = "", second = ""] = time.match(/\d\d/g) ?? [];
  const moment = Date.parse(`20${year}-${month}-${day}T${hour}:${minute}:${second}`);
  return Number.isNaN(moment) ? undefined : moment;
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}
