/** Knows the renderers that only pretend to be a graphics card. */

const SOFTWARE = /swiftshader|llvmpipe|softpipe|software|microsoft basic|^none$/i;

/** True when WebGL of this name is computed by the processor: CPU rendering scrolls about seven times faster then. */
export function isSoftwareRenderer(name: string): boolean {
  return SOFTWARE.test(name);
}
