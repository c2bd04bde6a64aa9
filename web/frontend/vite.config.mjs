// Builds the pages' scripts and styles into web/static/dist with a manifest that the templates read.
import { copyFileSync, mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { defineConfig } from "vite";

const here = import.meta.dirname ?? dirname(new URL(import.meta.url).pathname);
const out = resolve(here, "../static/dist");
const resolveFrom = createRequire(import.meta.url).resolve;

/** TTF files for the signed PDF; the pages use the variable web font instead. */
const PDF_FONTS = [
  "@expo-google-fonts/noto-sans-sc/400Regular/NotoSansSC_400Regular.ttf",
  "@expo-google-fonts/noto-sans-sc/700Bold/NotoSansSC_700Bold.ttf",
];

function copyPdfFonts() {
  return {
    name: "copy-pdf-fonts",
    apply: "build",
    closeBundle() {
      mkdirSync(join(out, "fonts"), { recursive: true });
      for (const font of PDF_FONTS)
        copyFileSync(resolveFrom(font), join(out, "fonts", font.split("/").at(-1)));
    },
  };
}

export default defineConfig({
  root: here,
  base: "/static/dist/",
  publicDir: false,
  resolve: {
    alias: {
      "@icons": resolve(here, "node_modules/lucide-static/icons"),
      // vtk.js pulls xmlbuilder2, which asks for Node's modules of these names; without the npm ones
      // the build is green and the page dies.
      events: resolve(here, "node_modules/events/events.js"),
      url: resolve(here, "node_modules/url/url.js"),
    },
  },
  worker: { format: "es" },
  build: {
    outDir: out,
    emptyOutDir: true,
    manifest: "manifest.json",
    target: "es2022",
    assetsInlineLimit: (file) => (file.endsWith(".svg") ? true : false),
    chunkSizeWarningLimit: 6000,
    rollupOptions: {
      input: {
        base: resolve(here, "src/base/main.ts"),
        worklist: resolve(here, "src/worklist/main.ts"),
        reading: resolve(here, "src/reading/main.ts"),
        inbox: resolve(here, "src/inbox/main.ts"),
        screening: resolve(here, "src/screening/main.ts"),
        login: resolve(here, "src/login/main.ts"),
      },
    },
  },
  plugins: [copyPdfFonts()],
  test: { environment: "happy-dom", include: ["test/**/*.test.ts"] },
});
