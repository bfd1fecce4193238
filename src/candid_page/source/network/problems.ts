/** What went wrong with a call, in words for the person who made it. */

import {
  AgentError,
  CertificateTimeErrorCode,
  CertificateOutdatedErrorCode,
  CertificateVerificationErrorCode,
  CertifiedRejectErrorCode,
  ErrorKindEnum,
  HttpErrorCode,
  HttpFetchErrorCode,
  IngressExpiryInvalidErrorCode,
  TimeoutWaitingForResponseErrorCode,
  UncertifiedRejectErrorCode,
  UncertifiedRejectUpdateErrorCode,
} from "@icp-sdk/core/agent";

export interface Problem {
  /** `rejected`: the answer is a refusal. `untrusted`: there is an answer that cannot be believed. `failed`: there is none. */
  kind: "rejected" | "untrusted" | "failed";
  title: string;
  /** What was said by the canister, the replica or the verifier. */
  message: string;
  /** What it means for the caller. */
  meaning: string;
  facts: [string, string][];
}

const REJECTS: Record<number, [name: string, title: string, meaning: string]> = {
  1: ["SYS_FATAL", "The system failed", "The replica cannot do this; trying again will not help."],
  2: ["SYS_TRANSIENT", "The system refused for now", "Nothing was changed. Trying again later may help."],
  3: ["DESTINATION_INVALID", "There is nothing to call", "The canister does not exist."],
  4: ["CANISTER_REJECT", "The call was rejected", "It was refused on purpose, by the canister or on its behalf."],
  5: ["CANISTER_ERROR", "The canister failed", "The message was rolled back up to its last await."],
};

/** The problem behind anything that a call throws. */
export function problemOf(error: unknown): Problem {
  if (!(error instanceof AgentError)) return unexpected(error);
  const code = error.code;
  if (
    code instanceof CertifiedRejectErrorCode ||
    code instanceof UncertifiedRejectErrorCode ||
    code instanceof UncertifiedRejectUpdateErrorCode
  ) {
    return rejected(code);
  }
  const text = withoutTrace(code instanceof CertificateVerificationErrorCode ? code.reason : code.toErrorMessage());
  if (code instanceof CertificateTimeErrorCode || code instanceof CertificateOutdatedErrorCode) return clock(text);
  if (code instanceof IngressExpiryInvalidErrorCode) return clock(code.message);
  if (code instanceof HttpErrorCode) return refused(code);
  if (code instanceof HttpFetchErrorCode) return unreachable(code);
  if (code instanceof TimeoutWaitingForResponseErrorCode) {
    return failed("No answer in time", text, "The call may still be carried out: look at its effects before calling again.");
  }
  if (error.kind === ErrorKindEnum.Trust || error.kind === ErrorKindEnum.Protocol) return untrusted(text);
  return failed("The call failed", text, "");
}

function rejected(code: CertifiedRejectErrorCode | UncertifiedRejectErrorCode | UncertifiedRejectUpdateErrorCode): Problem {
  const [name, title, meaning] = REJECTS[code.rejectCode] ?? ["unknown", "The call was rejected", ""];
  const facts: [string, string][] = [["Reject code", `${code.rejectCode} · ${name}`]];
  if (code.rejectErrorCode) facts.push(["Error code", code.rejectErrorCode]);
  const proof =
    code instanceof CertifiedRejectErrorCode ? "certificate verified" : "signatures" in code ? "node signature verified" : "none: refused before it was taken in";
  return { kind: "rejected", title, message: code.rejectMessage, meaning, facts: [...facts, ["Proof", proof]] };
}

function untrusted(message: string): Problem {
  return {
    kind: "untrusted",
    title: "The answer cannot be trusted",
    message,
    meaning:
      "The replica sent an answer whose certificate or signature does not verify with its key, so it is not shown. If the replica was started anew with other keys, reload this page; otherwise something between you and the replica changes what it says.",
    facts: [],
  };
}

function clock(message: string): Problem {
  const meaning =
    "The replica's clock and this computer's clock are more than five minutes apart. A replica whose time was moved forward cannot be called from a browser until the clocks agree.";
  return { kind: "untrusted", title: "The clocks disagree", message, meaning, facts: [] };
}

function refused(code: HttpErrorCode): Problem {
  const facts: [string, string][] = [["HTTP status", `${code.status} ${code.statusText}`.trim()]];
  return { ...failed("The replica refused the request", code.bodyText ?? "", "The call was not carried out."), facts };
}

function unreachable(code: HttpFetchErrorCode): Problem {
  const message = code.error instanceof Error ? code.error.message : String(code.error);
  return failed("The replica does not answer", message, `Is it still running at ${location.origin}?`);
}

function failed(title: string, message: string, meaning: string): Problem {
  return { kind: "failed", title, message, meaning, facts: [] };
}

function unexpected(error: unknown): Problem {
  return failed("The call failed", error instanceof Error ? error.message : String(error), "");
}

/** The places in the agent's code where it found out are of no use to who reads the page. */
function withoutTrace(text: string): string {
  return text.replace(/\n\s+at .*/g, "").trim();
}

/** A reply that is not what the interface promises. */
export function unreadable(error: unknown): Problem {
  const message = error instanceof Error ? error.message : String(error);
  return failed("The reply does not fit the interface", message, "The call was carried out; its bytes are shown below as they came.");
}
