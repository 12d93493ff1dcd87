/**
 * Takes the certificates that this machine adds for Node out of the environment, and returns them as a variable of another name.
 * To read them takes Node as long as the rest of its start, and what the tests start, some thousand processes, speaks to this
 * machine alone. Only what installs packages gets them back: test/support/installed-app.ts.
 * @returns {Record<string, string>}
 */
export function takeMachineCertificates() {
  const { NODE_EXTRA_CA_CERTS: file } = process.env;
  delete process.env["NODE_EXTRA_CA_CERTS"];
  return file === undefined ? {} : { MACHINE_CA_CERTS: file };
}
