import type { EcrBooks } from "./books.ts";
import { question, type Reaction, type Scene, type Speaker } from "./speaker.ts";

const COMMERCE = "597029414300";

/** Speaks as transbankdevelopers.cl/referencia/posintegrado describes. */
export const transbankSpeaker: Speaker = {
  terminalNumber: "TG000001",
  hear: (command, scene) => {
    const { books, terminalNumber } = scene;
    const [name, ...fields] = command.split("|");
    switch (name) {
      case "0100":
        return question(() => undefined);
      case "0200":
        return sale(fields, scene);
      case "0250":
        return question(() => lastSale(scene));
      case "0500":
        return { movesMoney: true, progress: [], act: () => close(scene) };
      case "0700":
        return question(() => totals(books));
      case "0800":
        return question(() => `0810|00|${COMMERCE}|${terminalNumber}|`);
      case "1200":
        return { movesMoney: true, progress: [], act: () => undo(fields, scene) };
      default:
        return undefined;
    }
  },
};

function sale([amount = "", ticket = "", , , news]: readonly string[], scene: Scene): Reaction {
  const { books, customer, terminalNumber } = scene;
  return {
    movesMoney: true,
    progress: news === "1" ? ["78", "81", "82"].map((code) => `0900|${code}|`) : [],
    act: () => {
      if (customer === "cancels") return refusal("07", scene);
      if (customer === "isDeclined") return refusal("01", scene);
      if (customer === "meetsFullMemory") return refusal("67", scene);
      const number = books.nextNumber();
      books.charge({ number, amount: Number(amount), ticket });
      const answer = (name: string): string =>
        `${name}|00|${COMMERCE}|${terminalNumber}|${ticket}|${String(600_000 + number)}|${Number(amount)}|0||6677|${number}|CR||` +
        `|VI|26112026|101112||0|`;
      books.lastSale = answer("0260");
      return answer("0210");
    },
  };
}

function refusal(code: string, { terminalNumber }: Scene): string {
  return `0210|${code}|${COMMERCE}|${terminalNumber}||||||||||||||||`;
}

function lastSale({ books, terminalNumber }: Scene): string {
  return books.lastSale ?? `0260|11|${COMMERCE}|${terminalNumber}||||||||||||||||`;
}

function undo([number = ""]: readonly string[], { books, terminalNumber }: Scene): string {
  const code = books.undo(Number(number)) === undefined ? "05" : "00";
  return `1210|${code}|${COMMERCE}|${terminalNumber}|${code === "00" ? "700001" : ""}|${number}`;
}

function totals({ open }: EcrBooks): string {
  return `0710|00|${open.length}|${open.reduce((sum, { amount }) => sum + amount, 0)}`;
}

function close({ books, terminalNumber }: Scene): string {
  books.settle();
  return `0510|00|${COMMERCE}|${terminalNumber}|`;
}
