/** How to reach hosts through an SSH server. Built from the configuration; secrets are already read. */
export interface SshOptions {
  /** `host:port` of the SSH server; the hosts behind it are named as it sees them. */
  readonly host: string;
  readonly user: string;
  /** PEM or OpenSSH text. This or `password`. */
  readonly privateKey: string | undefined;
  readonly passphrase: string | undefined;
  readonly password: string | undefined;
  /** `SHA256:…` as ssh-keygen prints it. This or `knownHosts`. */
  readonly hostKeySha256: string | undefined;
  /** Text of a known_hosts file. */
  readonly knownHosts: string | undefined;
  /** Another SSH server through which this one is reached. */
  readonly jump: SshOptions | undefined;
}
