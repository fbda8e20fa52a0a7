import type { Output } from './io.ts';

/** How long something takes, told beside the result. */
export interface Progress {
  tell(text: string): void;
  /** Takes the last line away where it can be. */
  end(): void;
}

/** On a terminal one line that changes; elsewhere a line for each news. */
export function createProgress({ isTerminal, style, write }: Output): Progress {
  let last = '';
  return {
    tell(text) {
      if (isTerminal) write(`\r\x1b[2K${style.dim(text)}`);
      else if (summarise(text) !== last) write(`${text}\n`);
      last = summarise(text);
    },
    end() {
      if (isTerminal && last !== '') write('\r\x1b[2K');
      last = '';
    },
  };
}

/** News without its figures: those change all the time. */
function summarise(text: string): string {
  return text.replace(/\d+/g, '');
}
