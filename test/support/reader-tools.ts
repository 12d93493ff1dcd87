/** Tools that the documents use and a machine may lack, as programs that know what is used of them. */

/** Prints one member of each line. */
export const jqProgram = `let text = "";
    process.stdin.setEncoding("utf8").on("data", (more) => {
      const lines = (text += more).split("\\n");
      text = lines.pop();
      for (const line of lines) console.log(JSON.stringify(JSON.parse(line)[process.argv[2].slice(1)]));
    });`;

/** Sends what curl would, and prints the answer. */
export const curlProgram = `const args = process.argv.slice(2);
    const headers = [];
    let body, url;
    for (let arg = args.shift(); arg !== undefined; arg = args.shift()) {
      if (arg === "-H") headers.push(args.shift().split(/: (.*)/).slice(0, 2));
      else if (arg === "-d") body = args.shift();
      else if (arg.startsWith("-")) throw new Error("curl is not used with " + arg + " yet");
      else url = arg;
    }
    const response = await fetch(url, { method: body === undefined ? "GET" : "POST", headers, body });
    process.stdout.write(await response.text());`;

/** What an HR system exports: people with their groups, or all in files of their own. */
export const exportsOfHr: readonly (readonly [path: string, content: string, mode: number])[] = [
  ["people.csv", "Work Email,First Name,Groups\nada@acme.example,Ada,Engineering\n", 0o644],
  ["users.csv", "Employee ID,Work Email\n7,ada@acme.example\n", 0o644],
  ["groups.csv", "id,name\nG-1,Engineering\n", 0o644],
  ["user_groups.csv", "user_id,group_id\n7,G-1\n", 0o644],
];
