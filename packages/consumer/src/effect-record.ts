/** The side effects that a sink has had, as its state file knows. */
export interface EffectRecord {
  has(name: string, key: string): Promise<boolean>;
  note(name: string, key: string): Promise<void>;
}
