import { type TerminalId, terminalId } from "../../../domain/terminal.ts";

export interface ListedTerminal {
  readonly id: TerminalId;
  /** DE41 as on the wire, outer spaces removed. */
  readonly de41: string;
  /** DE42. */
  readonly merchant?: string | undefined;
  /** IP address, where the shop gives its terminals fixed ones. */
  readonly address?: string | undefined;
}

/** Names that we make up for terminals which the config does not list. Beyond it they share one: a hostile peer can invent DE41s without end. */
const UNLISTED_KEPT = 256;

/** The one name for what could not be told apart. */
const UNLISTED = terminalId("unlisted");

/** Which terminal a message or a connection belongs to: by DE41, then by address. */
export class Attribution {
  readonly #byDe41: Map<string, TerminalId>;
  readonly #byAddress: Map<string, TerminalId>;
  readonly #unlisted = new Map<string, TerminalId>();

  constructor(listed: readonly ListedTerminal[]) {
    this.#byDe41 = new Map(listed.map(({ de41, id }) => [de41, id]));
    this.#byAddress = new Map(listed.flatMap(({ address, id }) => (address === undefined ? [] : [[address, id]])));
  }

  /** @param address  The peer's IP address, IPv4 in its own form (not `::ffff:…`). */
  terminal(de41: string | undefined, address: string): TerminalId {
    if (de41 === undefined) return this.#byAddress.get(address) ?? UNLISTED;
    return this.#byDe41.get(de41) ?? this.#nameUnlisted(de41);
  }

  #nameUnlisted(de41: string): TerminalId {
    const known = this.#unlisted.get(de41);
    if (known !== undefined) return known;
    if (this.#unlisted.size >= UNLISTED_KEPT) return UNLISTED;
    const name = unlistedName(de41);
    this.#unlisted.set(de41, name);
    return name;
  }
}

/** DE41 may hold characters that would tear an MQTT topic apart (`/`, `+`, `#`): those stand as their hexadecimal code. */
function unlistedName(de41: string): TerminalId {
  const safe = de41.replace(/[^A-Za-z0-9-]/g, (character) => `_${(character.codePointAt(0) ?? 0).toString(16)}`);
  return terminalId(`unlisted-${safe.slice(0, 54)}`);
}
