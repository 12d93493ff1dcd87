/**
 * A reporter for vitest that ends the run with one plain line, `N passed, N failed`, for tools that read only that.
 * Whatever broke outside a test, such as a file that does not load, counts as failed: a suite that did not run is not green.
 *
 * @typedef {import("vitest/node").TestModule} TestModule
 */
export default class CountsReporter {
  #line = "0 passed, 1 failed";

  onInit() {
    // At exit, so that no other report can stand after it.
    process.on("exit", () => console.log(this.#line));
  }

  /**
   * @param {readonly TestModule[]} modules
   * @param {readonly unknown[]} unhandledErrors
   */
  onTestRunEnd(modules, unhandledErrors) {
    // No file was found: the line of the start stands.
    if (modules.length === 0) return;
    const states = modules.flatMap((module) => [...module.children.allTests()].map((test) => test.result().state));
    const broken = modules.filter((module) => module.errors().length > 0).length + unhandledErrors.length;
    const passed = states.filter((state) => state === "passed").length;
    const failed = states.filter((state) => state === "failed").length + broken;
    this.#line = `${passed} passed, ${failed} failed`;
  }
}
