/**
 * Settles as `work` does, or rejects with the signal's reason at the moment it fires, whatever becomes of `work`. Some
 * engines look at their signal only after a connection stands.
 */
export async function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const stop = (): void => reject(signal.reason as Error);
    signal.addEventListener("abort", stop, { once: true });
    // A listener hears nothing of what was before it: the signal may have fired while the work began.
    if (signal.aborted) stop();
    void work.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
}
