import { describe, expect, it } from "vitest";
import { type BackupFacts, backupNode } from "../../../src/health/backup-node.ts";

const WELL: BackupFacts = { everyH: 24, isKnown: true, onStoresDisk: false, recordsSince: 7, ageH: 3.14 };

function copyOf(facts: Partial<BackupFacts>) {
  const [copy] = backupNode({ ...WELL, ...facts }).parts ?? [];
  return copy;
}

describe("health says of backups", () => {
  it("that all is well, and how old the newest is", () => {
    expect(backupNode(WELL)).toMatchObject({ name: "backup", status: "pass" });
    expect(copyOf({})).toMatchObject({ status: "pass", observedValue: 3.1, observedUnit: "h" });
  });

  it("that nobody has looked yet, or that there is none yet: neither is called healthy", () => {
    expect(copyOf({ isKnown: false })?.status).toBe("unknown");
    const { recordsSince: _none, ageH: _neither, ...first } = WELL;
    expect(backupNode(first).status).toBe("unknown");
  });

  it("why none can be made, and what to do", () => {
    const failure = { code: "backup.full", remedy: "Free space." };
    expect(copyOf({ failure })).toMatchObject({ status: "warn", advice: "Free space.", observedValue: 3.1 });
    expect(copyOf({ failure })?.reason).toContain("backup.full");
  });

  it("that the newest is overdue, unless there is nothing new", () => {
    expect(copyOf({ ageH: 48 })?.status).toBe("pass");
    expect(copyOf({ ageH: 48.1 })).toMatchObject({ status: "warn", reason: "the newest backup lacks 7 records" });
    expect(copyOf({ ageH: 1_000, recordsSince: 0 })?.status).toBe("pass");
  });

  it("that they lie on the store's own disk, which they do not survive", () => {
    expect(copyOf({ onStoresDisk: true })?.reason).toContain("own disk");
    expect(copyOf({ onStoresDisk: true })?.advice).toContain("store.backup.directory");
  });

  it("when the last restore drill was, and how it ended", () => {
    const at = "2026-11-01T10:00:00.000Z";
    const [, good] = backupNode({ ...WELL, drill: { at, ok: true } }).parts ?? [];
    expect(good).toMatchObject({ name: "drill", status: "pass", observedValue: at });
    const bad = backupNode({ ...WELL, drill: { at, ok: false, reason: "backup.notWhole" } });
    expect(bad.status).toBe("warn");
    expect(bad.reason).toContain("backup.notWhole");
  });
});
