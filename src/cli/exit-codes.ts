/** sysexits.h's EX_USAGE: no command uses it for a finding. */
export const BAD_USAGE = 64;
/** sysexits.h's EX_CONFIG. With RestartPreventExitStatus=78 systemd does not start the service again until somebody has looked. */
export const BAD_CONFIG = 78;
