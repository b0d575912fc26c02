import type { EcrBooks } from "./books.ts";
import { question, type Reaction, type Scene, type Speaker } from "./speaker.ts";

/** An invented card of no bank, its middle taken out, as the page asks for. */
const CARD = "0000000541333******9999".slice(-19).padStart(19, "0");

/** Speaks as developer.nexigroup.com/traditionalpos describes. */
export const ecr17Speaker: Speaker = {
  terminalNumber: "12345678",
  hear: (command, scene) => {
    const { books, terminalNumber } = scene;
    if (!command.startsWith(`${terminalNumber}0`) && !command.startsWith("000000000")) return undefined;
    const body = command.slice(10);
    switch (command[9]) {
      case "s":
        return question(() => `${terminalNumber}0s${"0".repeat(10)}26112610112SIM00001`);
      case "P":
        return sale(body, scene, false);
      case "X":
        return sale(body, scene, true);
      case "G":
        return books.lastResult === undefined ? undefined : question(() => books.lastResult);
      case "S":
        return { movesMoney: true, progress: [], act: () => kept(books, undo(body, scene)) };
      case "C":
        return { movesMoney: true, progress: [], act: () => close(scene) };
      default:
        return undefined;
    }
  },
};

function sale(body: string, scene: Scene, isExtended: boolean): Reaction {
  const { books, customer } = scene;
  const amount = Number(body.slice(13, 21));
  return {
    movesMoney: true,
    progress: ["PRESENTARE CARTA", "ATTENDERE PREGO"],
    act: () => {
      if (customer === "cancels") return kept(books, refusal("OPERAZIONE ANNULLATA", scene));
      if (customer === "meetsFullMemory") return kept(books, refusal("MEMORIA PIENA", scene));
      if (customer === "isDeclined") return kept(books, refusal("PAGAMENTO RIFIUTATO", scene));
      const number = books.nextNumber();
      books.charge({ number, amount });
      const more = isExtended ? `000${digits(amount, 8)}${"0".repeat(10)}` : "";
      return kept(books, `${approval(number, digits(600_000 + number, 6), scene)}${more}`);
    },
  };
}

function undo(body: string, scene: Scene): string {
  const { books } = scene;
  const wanted = Number(body.slice(8, 14));
  const last = books.open.at(-1);
  if (last === undefined || last.number !== wanted) return refusal("STAN ERRATO", scene);
  books.undo(wanted);
  return `${approval(books.nextNumber(), "000000", scene)}000${"0".repeat(10)}`;
}

function approval(number: number, authCode: string, { terminalNumber }: Scene): string {
  return `${terminalNumber}0E00${CARD}ICC${authCode}3301011${common(number)}`;
}

function refusal(text: string, { terminalNumber }: Scene): string {
  return `${terminalNumber}0E01${text.padEnd(24)}${"0".repeat(11)}${common(0)}`;
}

function common(number: number): string {
  return `200000000001${digits(number, 6)}${digits(number, 6)}`;
}

function close({ books, terminalNumber }: Scene): string {
  const sum = books.open.reduce((total, { amount }) => total + amount, 0);
  books.settle();
  return `${terminalNumber}0C00${digits(sum, 16)}${digits(sum, 16)}`;
}

function kept(books: EcrBooks, result: string): string {
  books.lastResult = result;
  return result;
}

function digits(value: number, width: number): string {
  return String(value).padStart(width, "0");
}
