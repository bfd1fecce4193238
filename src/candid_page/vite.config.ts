import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { defineConfig, type Plugin } from "vite";

/** The folder of the package that a module belongs to; undefined for our own. */
function packageOf(id: string): string | undefined {
  const found = /^(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(id.replaceAll("\\", "/"));
  return found?.[1];
}

function notice(folder: string): string {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const file = readdirSync(folder).find((each) => /^licen[cs]e/i.test(each));
  const text = file ? readFileSync(join(folder, file), "utf8").trim() : "";
  return [`${name} ${version} (${license})`, text].filter(Boolean).join("\n\n");
}

/** Writes the licences of everything that the built page is made of beside it, as those licences ask. */
function licences(): Plugin {
  return {
    name: "licences",
    generateBundle(_options, bundle) {
      const folders = new Set<string>();
      for (const file of Object.values(bundle)) {
        const sources = file.type === "chunk" ? Object.keys(file.modules) : file.originalFileNames.map((name) => join(dirname(import.meta.filename), name));
        for (const source of sources) {
          const folder = packageOf(source);
          if (folder) folders.add(folder);
        }
      }
      const source = [...folders].sort().map(notice).join(`\n\n${"-".repeat(80)}\n\n`);
      this.emitFile({ type: "asset", fileName: "licences.txt", source: `${source}\n` });
    },
  };
}

export default defineConfig({
  base: "/_/candid/",
  plugins: [licences()],
  build: {
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 1_000,
    emptyOutDir: true,
  },
});
