import type { EcrOptions } from "./options.ts";

/** One thing about an entry that people may not be aware of. */
interface EcrWarning {
  readonly key: "commands";
  readonly found: string;
  readonly allowed: string;
  readonly remedy: string;
}

/** What the two sides of `commands` mean where it may surprise. */
export function ecrWarnings({ profile, commands }: Pick<EcrOptions, "profile" | "commands">): readonly EcrWarning[] {
  const isListenedTo = profile === "misPos" || profile === "poslink";
  if (isListenedTo && commands === "on") {
    return [
      {
        key: "commands",
        found: `on, which has no effect with profile ${profile}: it is listened to only`,
        allowed: "off",
        remedy: "remove the line; tills cannot sell at this terminal over tillgate",
      },
    ];
  }
  if (isListenedTo || commands === "on") return [];
  return [
    {
      key: "commands",
      found: "off: tills cannot sell at this terminal over tillgate, it is only asked how it is",
      allowed: "on, after the profile was tried with this very model",
      remedy: "nothing if that is meant; else write commands: on",
    },
  ];
}
