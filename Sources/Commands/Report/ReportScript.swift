/// What draws the map. Names are set as text, never as markup.
enum ReportScript {
  static let javaScript = """
    "use strict";
    (() => {
      const rows = JSON.parse(document.getElementById("tree").textContent);
      if (!rows.length) return;
      const place = document.getElementById("boxes"), trail = document.getElementById("trail");
      const byFiles = document.getElementById("by-files");
      const nodes = [], above = [];
      for (const row of rows) {
        const node = Object.assign({children: [], parent: above[row.depth - 1] || null}, row);
        above[row.depth] = node;
        if (node.parent) node.parent.children.push(node);
        nodes.push(node);
      }
      const bytesKnown = rows[0].bytes !== undefined && rows[0].bytes !== null && rows[0].bytes > 0;
      byFiles.checked = byFiles.disabled = !bytesKnown;
      const size = node => byFiles.checked ? node.files : (node.bytes || 0);
      const hydrated = node => byFiles.checked ? node.hydrated_files : node.hydrated_bytes;
      // What lies in a directory itself, or in directories that are not listed.
      function parts(node) {
        const rest = {name: "", isRest: true, children: [], parent: node, files: node.files, bytes: node.bytes || 0,
          hydrated_files: node.hydrated_files, hydrated_bytes: node.hydrated_bytes};
        for (const child of node.children) {
          for (const key of ["files", "bytes", "hydrated_files", "hydrated_bytes"]) rest[key] -= child[key] || 0;
        }
        return node.children.concat(node.children.length && size(rest) > 0 ? [rest] : []);
      }
      const share = node => size(node) > 0 ? Math.min(1, Math.max(0, hydrated(node) / size(node))) : 0;
      const colour = s => `hsl(${210 - 4 * s} ${15 + 60 * s}% ${82 - 46 * s}%)`;
      const number = value => value.toLocaleString("en");
      function bytes(value) {
        const units = ["B", "KiB", "MiB", "GiB", "TiB"];
        let unit = 0;
        while (value >= 1024 && unit < 4) { value /= 1024; unit++; }
        return `${unit ? value.toFixed(1) : value} ${units[unit]}`;
      }
      function told(node) {
        const lines = [node.isRest ? "what lies in it" : node.parent ? node.name : "/"];
        lines.push(`${number(node.hydrated_files)} of ${number(node.files)} files hydrated`);
        if (bytesKnown) lines.push(`${bytes(node.hydrated_bytes)} of ${bytes(node.bytes || 0)}`);
        return lines.join("\\n");
      }
      // Squarified: rows of boxes along the shorter side, each as long as that makes its boxes squarer.
      function layout(items, x, y, width, height, draw) {
        let rest = items.filter(item => size(item) > 0).sort((a, b) => size(b) - size(a));
        let total = rest.reduce((sum, item) => sum + size(item), 0);
        while (rest.length && width > 0 && height > 0) {
          const side = Math.min(width, height), scale = width * height / total;
          let row = [], sum = 0, worst = Infinity;
          for (const item of rest) {
            const next = sum + size(item), thick = next * scale / side;
            const ratios = row.concat([item]).map(one => {
              const long = size(one) * scale / thick;
              return Math.max(long / thick, thick / long);
            });
            const now = Math.max(...ratios);
            if (row.length && now > worst) break;
            row.push(item); sum = next; worst = now;
          }
          const thick = sum * scale / side;
          let along = 0;
          for (const item of row) {
            const long = size(item) * scale / thick;
            if (width >= height) draw(item, x, y + along, thick, long);
            else draw(item, x + along, y, long, thick);
            along += long;
          }
          if (width >= height) { x += thick; width -= thick; } else { y += thick; height -= thick; }
          rest = rest.slice(row.length);
          total -= sum;
        }
      }
      let current = nodes[0];
      function box(node, x, y, width, height, depth) {
        if (width < 2 || height < 2) return;
        const button = document.createElement("button"), s = share(node);
        button.type = "button";
        button.style.cssText = `left:${x}px;top:${y}px;width:${width}px;height:${height}px;background:${colour(s)};` +
          `color:${s > 0.4 ? "#fff" : "#1b1f24"}`;
        button.title = told(node);
        if (width > 30 && height > 14) button.textContent = node.isRest ? "" : node.name;
        else button.setAttribute("aria-label", node.name);
        button.disabled = !node.children.length;
        button.addEventListener("click", () => show(node));
        place.append(button);
        if (depth < 3 && node.children.length && width > 40 && height > 40) {
          layout(parts(node), x + 2, y + 17, width - 4, height - 19,
            (item, ...where) => box(item, ...where, depth + 1));
        }
      }
      function show(node) {
        current = node;
        place.replaceChildren();
        trail.replaceChildren();
        for (let one = node, way = []; ; one = one.parent) {
          way.unshift(one);
          if (one.parent) continue;
          for (const step of way) {
            const button = document.createElement("button");
            button.type = "button";
            button.textContent = step.parent ? step.name + "/" : "/";
            if (step === node) button.setAttribute("aria-current", "true");
            button.addEventListener("click", () => show(step));
            trail.append(button);
          }
          break;
        }
        const items = node.children.length ? parts(node) : [node];
        layout(items, 0, 0, place.clientWidth, place.clientHeight, (item, ...where) => box(item, ...where, 1));
      }
      document.getElementById("treemap").hidden = false;
      byFiles.addEventListener("change", () => show(current));
      addEventListener("resize", () => show(current));
      addEventListener("keydown", event => {
        if (event.key === "Escape" && current.parent) show(current.parent);
      });
      show(current);
    })();
    """
}
