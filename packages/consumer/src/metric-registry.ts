/**
 * Counters, gauges and histograms, and the text that Prometheus reads (exposition format 0.0.4). By hand, because the few
 * of them that we have need no library.
 */

/** Values of a series' labels. They are names of ours (sinks, outcomes), never anything about a person. */
export type MetricLabels = Readonly<Record<string, string>>;

/** A number that only grows, or one that goes up and down. */
export interface MetricSeries {
  /** Adds to it; 1 unless said otherwise. */
  add(labels?: MetricLabels, amount?: number): void;
  set(value: number, labels?: MetricLabels): void;
  /** Forgets the series of labels that no longer exist, such as those of a sink that is gone. */
  clear(): void;
}

/** How often values fell into which range. */
export interface MetricHistogram {
  observe(value: number, labels?: MetricLabels): void;
}

/** More are folded into one: a metric must not grow without end, whatever is configured. */
const seriesMaxDefault = 100;
const overflow: MetricLabels = { overflow: "true" };

/**
 * All metrics of a process, as Prometheus reads them. A metric has at most `seriesMax` series (default 100); what is more
 * is counted as `overflow="true"`.
 */
export class MetricRegistry {
  readonly #metrics: Metric[] = [];
  readonly #seriesMax: number;

  constructor({ seriesMax = seriesMaxDefault }: { readonly seriesMax?: number } = {}) {
    this.#seriesMax = seriesMax;
  }

  counter(name: string, help: string): MetricSeries {
    return this.#add(new Numbers({ name, help, type: "counter", seriesMax: this.#seriesMax }));
  }

  gauge(name: string, help: string): MetricSeries {
    return this.#add(new Numbers({ name, help, type: "gauge", seriesMax: this.#seriesMax }));
  }

  /** `bounds` are the upper ends of its ranges, in ascending order. */
  histogram(name: string, help: string, bounds: readonly number[]): MetricHistogram {
    return this.#add(new Ranges({ name, help, type: "histogram", seriesMax: this.#seriesMax }, bounds));
  }

  /** Everything, as Prometheus reads it. */
  text(): string {
    return this.#metrics.map((metric) => metric.text()).join("");
  }

  #add<T extends Metric>(metric: T): T {
    this.#metrics.push(metric);
    return metric;
  }
}

interface Metric {
  text(): string;
}

interface Description {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge" | "histogram";
  readonly seriesMax: number;
}

class Numbers implements Metric, MetricSeries {
  readonly #description: Description;
  readonly #values = new Map<string, number>();

  constructor(description: Description) {
    this.#description = description;
  }

  add(labels: MetricLabels = {}, amount = 1): void {
    const key = keyIn(this.#values, labels, this.#description);
    this.#values.set(key, (this.#values.get(key) ?? 0) + amount);
  }

  set(value: number, labels: MetricLabels = {}): void {
    this.#values.set(keyIn(this.#values, labels, this.#description), value);
  }

  clear(): void {
    this.#values.clear();
  }

  text(): string {
    const { name } = this.#description;
    const lines = [...this.#values].map(([key, value]) => `${name}${braced(key)} ${show(value)}\n`);
    return heading(this.#description) + lines.join("");
  }
}

interface Tally {
  readonly counts: number[];
  sum: number;
}

class Ranges implements Metric, MetricHistogram {
  readonly #description: Description;
  readonly #bounds: readonly number[];
  readonly #tallies = new Map<string, Tally>();

  constructor(description: Description, bounds: readonly number[]) {
    this.#description = description;
    this.#bounds = [...bounds, Number.POSITIVE_INFINITY];
  }

  observe(value: number, labels: MetricLabels = {}): void {
    const key = keyIn(this.#tallies, labels, this.#description);
    const tally = this.#tallies.get(key) ?? { counts: this.#bounds.map(() => 0), sum: 0 };
    this.#tallies.set(key, tally);
    const index = this.#bounds.findIndex((bound) => value <= bound);
    tally.counts[index] = (tally.counts[index] ?? 0) + 1;
    tally.sum += value;
  }

  text(): string {
    const { name } = this.#description;
    const blocks = [...this.#tallies].map(([key, { counts, sum }]) => {
      let total = 0;
      const lines = this.#bounds.map((bound, index) => {
        total += counts[index] ?? 0;
        const range = [key, `le="${show(bound)}"`].filter((part) => part !== "").join(",");
        return `${name}_bucket{${range}} ${total}\n`;
      });
      return `${lines.join("")}${name}_sum${braced(key)} ${show(sum)}\n${name}_count${braced(key)} ${total}\n`;
    });
    return heading(this.#description) + blocks.join("");
  }
}

/** The key of a series: a known one, a new one, or the one that takes what is too much. */
function keyIn(series: ReadonlyMap<string, unknown>, labels: MetricLabels, { seriesMax }: Description): string {
  const key = written(labels);
  return series.has(key) || series.size < seriesMax ? key : written(overflow);
}

function written(labels: MetricLabels): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}="${escaped(value)}"`)
    .join(",");
}

function escaped(value: string): string {
  // Names of ours hardly need it, and this is asked with every request.
  if (!/["\\\n]/u.test(value)) return value;
  return value
    .replaceAll("\\", String.raw`\\`)
    .replaceAll('"', String.raw`\"`)
    .replaceAll("\n", String.raw`\n`);
}

function braced(key: string): string {
  return key === "" ? "" : `{${key}}`;
}

function heading({ name, help, type }: Description): string {
  return `# HELP ${name} ${help.replaceAll("\\", String.raw`\\`).replaceAll("\n", String.raw`\n`)}\n# TYPE ${name} ${type}\n`;
}

function show(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return "+Inf";
  return Number.isNaN(value) ? "NaN" : String(value);
}
