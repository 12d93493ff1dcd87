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
