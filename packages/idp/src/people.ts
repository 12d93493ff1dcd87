/** Fictitious people: as many as you like, always the same ones for the same seed, on a domain nobody owns. */
import { seededBytes } from "./seeded.ts";

/** A person as an identity provider knows them. Absent means that the provider has nothing to say about it. */
export interface Person {
  /** The provider's own id. Never changes, whatever happens to the name. Letters, digits, `.`, `_` and `-`. */
  readonly id: string;
  readonly userName: string;
  readonly email: string;
  readonly givenName: string;
  readonly familyName: string;
  readonly displayName: string;
  readonly title?: string;
  readonly department?: string;
  readonly employeeNumber?: string;
  readonly manager?: Person;
}

/** What `people` may be told. */
export interface PeopleOptions {
  /** Mail domain. Default `example.com`, which RFC 2606 §3 keeps free for examples. */
  readonly domain?: string;
}

/**
 * Endless people, in an order that depends on the seed alone. User names, ids and employee numbers never repeat.
 * The first person has no manager; the next few report to the first; everybody else to one of those few.
 */
export function* people(seed: number, options: PeopleOptions = {}): Generator<Person, never, void> {
  const domain = options.domain ?? "example.com";
  const leads: Person[] = [];
  for (let index = 0; ; index += 1) {
    const dice = seededBytes(`person:${seed}:${index}`);
    const manager = index === 0 ? undefined : leads[index < leadsMax ? 0 : dice.readUInt16BE(0) % leads.length];
    const person = makePerson({ seed, index, domain, dice }, manager);
    if (leads.length < leadsMax) {
      leads.push(person);
    }
    yield person;
  }
}

/** The first `count` people. */
export function takePeople(source: Iterable<Person>, count: number): Person[] {
  const taken: Person[] = [];
  if (count === 0) {
    return taken;
  }
  for (const person of source) {
    taken.push(person);
    if (taken.length === count) {
      break;
    }
  }
  return taken;
}

/** The same person in another job. */
export function withJob(person: Person, job: { readonly title: string; readonly department: string }): Person {
  return { ...person, ...job };
}

/** The same person after taking another family name: user name, e-mail and display name follow, the id stays. */
export function withFamilyName(person: Person, familyName: string): Person {
  const domain = person.email.slice(person.email.lastIndexOf("@") + 1);
  const address = `${asciiOf(person.givenName)}.${asciiOf(familyName)}@${domain}`;
  return {
    ...person,
    familyName,
    displayName: `${person.givenName} ${familyName}`,
    userName: address,
    email: address,
  };
}

/** A company with one manager per person and few managers is flat, but enough to exercise references. */
const leadsMax = 8;

// Names from many countries, some outside ASCII, because real directories are full of them and servers trip there.
const givenNames =
  "Mara Jonas Aiko Tomás Leila Sven Priya Oskar Noor Davide Ines Kofi Zofia Mateo Hana Emil Amara Luca Yara Björn Mina Rafael Freya Omar Elif Anton Chidi Sanna Pavel Naomi Idris Vera";
const familyNames =
  "Lind Okafor Tanaka Moreau Silva Novak Berg Haddad Costa Weiss Mensah Kowal Ito Duarte Åkesson Romano Petrov Nair Fischer Osei Vance Keller Marín Yilmaz Dahl Farkas Quinn Sato Bauer Ortega Holm";

const jobs = [
  { department: "Engineering", titles: ["Engineer", "Senior Engineer", "Quality Engineer"] },
  { department: "Product", titles: ["Product Manager", "Product Designer"] },
  { department: "Sales", titles: ["Account Executive", "Sales Engineer"] },
  { department: "Finance", titles: ["Accountant", "Controller"] },
  { department: "People", titles: ["Recruiter", "People Partner"] },
] as const;

function makePerson(
  draw: { seed: number; index: number; domain: string; dice: Buffer },
  manager: Person | undefined,
): Person {
  const { givenName, familyName, round } = nameAt(draw.seed, draw.index);
  const suffix = round === 0 ? "" : String(round + 1);
  const given = asciiOf(givenName);
  const family = asciiOf(familyName);
  const address = `${given}.${family}${suffix}@${draw.domain}`;
  const job = jobs[draw.dice.readUInt16BE(2) % jobs.length] ?? jobs[0];
  return {
    id: `${given}${family}${String(round + 1).padStart(2, "0")}`,
    userName: address,
    email: address,
    givenName,
    familyName,
    displayName: `${givenName} ${familyName}`,
    title: job.titles[draw.dice.readUInt16BE(4) % job.titles.length] ?? job.titles[0],
    department: job.department,
    employeeNumber: String(10_000 + draw.index),
    ...(manager === undefined ? {} : { manager }),
  };
}

/**
 * Walks through all pairs of names in an order that depends on the seed, and only then begins a second round.
 * The step shares no factor with the number of pairs, which is what makes every pair come up exactly once per round.
 */
function nameAt(seed: number, index: number): { givenName: string; familyName: string; round: number } {
  const given = givenNames.split(" ");
  const family = familyNames.split(" ");
  const pairs = given.length * family.length;
  const dice = seededBytes(`names:${seed}`);
  let step = dice.readUInt16BE(0) % pairs;
  while (greatestCommonDivisor(step, pairs) !== 1) {
    step += 1;
  }
  const pair = (dice.readUInt16BE(2) + step * (index % pairs)) % pairs;
  return {
    givenName: given[pair % given.length] ?? "Mara",
    familyName: family[Math.floor(pair / given.length)] ?? "Lind",
    round: Math.floor(index / pairs),
  };
}

function greatestCommonDivisor(left: number, right: number): number {
  return right === 0 ? left : greatestCommonDivisor(right, left % right);
}

/** `Åkesson` becomes `akesson`, as mail addresses usually do. */
function asciiOf(name: string): string {
  return name
    .normalize("NFD")
    .replace(/[^a-zA-Z]/g, "")
    .toLowerCase();
}
