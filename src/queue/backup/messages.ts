import type { BackupJob, BackupMade } from "./make-backup.ts";

export type BackupRequest = { readonly type: "backup"; readonly job: BackupJob } | { readonly type: "close" };

export type BackupAnswer = { readonly type: "backup"; readonly made: BackupMade } | { readonly type: "close" };
