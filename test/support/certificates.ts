import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** A certificate with its chain and its key, as `node:tls` takes them. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** What a certificate says of itself. */
export interface CertificateRequest {
  /** Subject alternative name, such as `IP:127.0.0.1`. */
  readonly name: string;
  /** Days until it ends; below 0 for one that has ended. Default 2. */
  readonly days?: number;
  /** Default: by the authority. */
  readonly signedBy?: "itself";
}

/** The command. */
export const openssl = "openssl";

const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

/** An authority of one test, made by the `openssl` command. Nothing of it outlives the test's folder. */
export class Authority {
  /** The certificate to trust. */
  readonly file: string;
  readonly #folder: string;
  #count = 0;

  constructor(folder: string) {
    this.#folder = folder;
    this.file = join(folder, "authority.pem");
    this.#openssl(
      "req",
      "-x509",
      ...curve,
      "-days",
      "2",
      "-subj",
      "/CN=Authority of a test",
      ...this.#out("authority"),
    );
  }

  issue({ name, days = 2, signedBy }: CertificateRequest): Certificate {
    this.#count += 1;
    const id = `certificate-${this.#count}`;
    const subject = ["-subj", `/CN=${id}`, "-addext", `subjectAltName=${name}`];
    if (signedBy === "itself")
      this.#openssl("req", "-x509", ...curve, "-days", String(days), ...subject, ...this.#out(id));
    else {
      const extensions = join(this.#folder, `${id}.cnf`);
      const request = join(this.#folder, `${id}.csr`);
      const key = join(this.#folder, `${id}.key`);
      writeFileSync(extensions, `subjectAltName=${name}\n`);
      this.#openssl("req", "-new", ...curve, "-subj", `/CN=${id}`, "-keyout", key, "-out", request);
      const signer = [
        "-CA",
        this.file,
        "-CAkey",
        join(this.#folder, "authority.key"),
        "-set_serial",
        String(this.#count),
      ];
      const out = ["-extfile", extensions, "-out", join(this.#folder, `${id}.pem`)];
      this.#openssl("x509", "-req", "-in", request, ...signer, "-days", String(days), ...out);
    }
    const [cert = "", key = ""] = [`${id}.pem`, `${id}.key`].map((file) =>
      readFileSync(join(this.#folder, file), "utf8"),
    );
    return { cert, key };
  }

  #out(id: string): readonly string[] {
    return ["-keyout", join(this.#folder, `${id}.key`), "-out", join(this.#folder, `${id}.pem`)];
  }

  #openssl(...args: readonly string[]): void {
    execFileSync(openssl, args, { stdio: "ignore" });
  }
}
