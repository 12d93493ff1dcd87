import {
  connection,
  joiner,
  leaver,
  makeGroup,
  mover,
  people,
  type Person,
  type Step,
  takePeople,
  withJob,
} from "@dirsync/idp";
import type { Company } from "./companies.ts";

/** A part of the story, with a sentence that sets the scene. */
export interface Act {
  readonly title: string;
  readonly steps: readonly Step[];
}

/** Everything that happens, in the order it happens. The consumer is killed between `movers` and `whileDown`. */
export interface Story {
  readonly joiners: Act;
  readonly movers: Act;
  readonly whileDown: Act;
  readonly afterwards: Act;
  /** Who must be without access in the end. */
  readonly leavers: readonly Person[];
}

const peoplePerCompany = 4;

/** The demo's story. The same people and jobs every time. */
export function writeStory(acme: Company, globex: Company): Story {
  const [anna, ben, cleo, dan] = cast(acme, 11);
  const [eve, finn, gail, hugo] = cast(globex, 23);
  const engineering = makeGroup("Engineering", 1);
  const sales = makeGroup("Sales", 1);
  const support = makeGroup("Support", 2);
  const operations = makeGroup("Operations", 2);
  return {
    leavers: [anna, finn, hugo],
    joiners: {
      title: "Two customers connect their directories, and people join.",
      steps: [
        ...connection(acme.provider, { groups: [engineering, sales] }),
        ...connection(globex.provider, { groups: [support, operations] }),
        ...[anna, ben, cleo, dan].flatMap((person) => joiner(acme.provider, { person, groups: [engineering] })),
        ...[eve, finn, gail, hugo].flatMap((person) => joiner(globex.provider, { person, groups: [support] })),
      ],
    },
    movers: {
      title: "People change jobs.",
      steps: [
        ...mover(acme.provider, {
          person: withJob(ben, { title: "Account Executive", department: "Sales" }),
          from: engineering,
          to: sales,
        }),
        ...mover(globex.provider, {
          person: withJob(gail, { title: "Operations Lead", department: "Operations" }),
          from: support,
          to: operations,
        }),
      ],
    },
    whileDown: {
      title: "The consumer is dead. Meanwhile, people leave.",
      steps: [...leaver(acme.provider, { person: anna }), ...leaver(globex.provider, { person: finn, isErased: true })],
    },
    afterwards: {
      title: "The consumer is started again, and the day goes on.",
      steps: [
        ...mover(acme.provider, {
          person: withJob(cleo, { title: "Sales Engineer", department: "Sales" }),
          from: engineering,
          to: sales,
        }),
        ...leaver(globex.provider, { person: hugo }),
      ],
    },
  };
}

type Cast = [Person, Person, Person, Person];

function cast(company: Company, seed: number): Cast {
  return takePeople(people(seed, { domain: company.domain }), peoplePerCompany) as Cast;
}
