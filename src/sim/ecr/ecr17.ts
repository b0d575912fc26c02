import type { EcrBooks } from "./books.ts";
import type { Customer } from "./plan.ts";
import { question, type Reaction, type Speaker } from "./speaker.ts";

const TERMINAL = "12345678";
/** An invented card of no bank, its middle taken out, as the page asks for. */
const CARD = "0000000541333******9999".slice(-19).padStart(19, "0");

/** Speaks as developer.nexigroup.com/traditionalpos describes. */
export const ecr17Speaker: Speaker = {
  hear: (command, books, customer) => {
    if (!/^(00000000|12345678)0/.test(command)) return undefined;
    const body = command.slice(10);
    switch (command[9]) {
      case "s":
        return question(() => `${TERMINAL}0s${"0".repeat(10)}26112610112SIM00001`);
      case "P":
        return sale(body, books, customer, false);
      case "X":
        return sale(body, books, customer, true);
      case "G":
        return books.lastResult === undefined ? undefined : question(() => books.lastResult);
      case "S":
        return { movesMoney: true, progress: [], act: () => kept(books, undo(body, books)) };
      case "C":
        return { movesMoney: true, progress: [], act: () => close(books) };
      default:
        return undefined;
    }
  },
};

function sale(body: string, books: EcrBooks, customer: Customer, isExtended: boolean): Reaction {
  const amount = Number(body.slice(13, 21));
  return {
    movesMoney: true,
    progress: ["PRESENTARE CARTA", "ATTENDERE PREGO"],
    act: () => {
      if (customer === "cancels") return kept(books, refusal("OPERAZIONE ANNULLATA"));
      if (customer === "isDeclined") return kept(books, refusal("PAGAMENTO RIFIUTATO"));
      const number = books.nextNumber();
      books.charge({ number, amount });
      const more = isExtended ? `000${digits(amount, 8)}${"0".repeat(10)}` : "";
      return kept(books, `${approval(number, digits(600_000 + number, 6))}${more}`);
    },
  };
}

function undo(body: string, books: EcrBooks): string {
  const wanted = Number(body.slice(8, 14));
  const last = books.open.at(-1);
  if (last === undefined || last.number !== wanted) return refusal("STAN ERRATO");
  books.undo(wanted);
  return `${approval(books.nextNumber(), "000000")}000${"0".repeat(10)}`;
}

function approval(number: number, authCode: string): string {
  return `${TERMINAL}0E00${CARD}ICC${authCode}3301011${common(number)}`;
}

function refusal(text: string): string {
  return `${TERMINAL}0E01${text.padEnd(24)}${"0".repeat(11)}${common(0)}`;
}

function common(number: number): string {
  return `200000000001${digits(number, 6)}${digits(number, 6)}`;
}

function close(books: EcrBooks): string {
  const sum = books.open.reduce((total, { amount }) => total + amount, 0);
  books.settle();
  return `${TERMINAL}0C00${digits(sum, 16)}${digits(sum, 16)}`;
}

function kept(books: EcrBooks, result: string): string {
  books.lastResult = result;
  return result;
}

function digits(value: number, width: number): string {
  return String(value).padStart(width, "0");
}
