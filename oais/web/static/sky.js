// Reads positions off the map of the sky: under the pointer, or by the arrow keys. Part of this project, under its licence.
"use strict";
(() => {
  const frame = document.querySelector("[data-sky]"), told = document.querySelector("[data-readout]");
  const map = frame?.querySelector("svg");
  if (!map || !told) return;
  const box = map.viewBox.baseVal, MARGIN = 24, STEP = 1, LEAP = 10;
  const scale = (box.width - 2 * MARGIN) / 360, rad = Math.PI / 180;
  const numbers = new Intl.NumberFormat("en", { minimumIntegerDigits: 2 });
  const line = document.createElementNS(map.namespaceURI, "path");
  let at = null;
  told.textContent = told.dataset.told;
  told.hidden = false;
  line.setAttribute("class", "cross");
  map.append(line);

  // Aitoff's projection and its inverse: the azimuthal equidistant one of half the longitude, twice as wide.
  const placed = (along, up) => {
    const half = along * rad / 2, height = up * rad;
    const angle = Math.acos(Math.max(-1, Math.min(1, Math.cos(height) * Math.cos(half))));
    const stretch = angle > 1e-12 ? angle / Math.sin(angle) : 1;
    const x = 2 * Math.cos(height) * Math.sin(half) * stretch / rad, y = Math.sin(height) * stretch / rad;
    return [box.width / 2 - x * scale, box.height / 2 - y * scale];
  };
  const direction = (x, y) => {
    const across = (box.width / 2 - x) / scale * rad / 2, up = (box.height / 2 - y) / scale * rad;
    const angle = Math.hypot(across, up);
    if (angle > Math.PI / 2) return null;
    const share = angle > 1e-12 ? Math.sin(angle) / angle : 1;
    return [2 * Math.atan2(across * share, Math.cos(angle)) / rad, Math.asin(up * share) / rad];
  };

  const sexagesimal = (value, unit) => {
    const whole = Math.round(Math.abs(value) * 3600);
    return [Math.floor(whole / 3600) % unit, Math.floor(whole / 60) % 60, whole % 60].map((part) => numbers.format(part));
  };
  const show = () => {
    const [along, up] = at, ra = (along % 360 + 360) % 360;
    const [hours, minutes, seconds] = sexagesimal(ra / 15, 24), [degrees, arc, arcs] = sexagesimal(up, 360);
    const sign = up < 0 ? "−" : "+";
    told.textContent = `RA ${hours}h${minutes}m${seconds}s  Dec ${sign}${degrees}°${arc}′${arcs}″  ` +
      `(${ra.toFixed(2)}° ${sign}${Math.abs(up).toFixed(2)}°, ICRS)`;
  };

  map.addEventListener("pointermove", (event) => {
    const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(map.getScreenCTM().inverse());
    const found = direction(point.x, point.y);
    if (!found) return;
    at = found;
    told.setAttribute("aria-live", "off");  // a pointer moves faster than anything is read aloud
    line.setAttribute("d", "");
    show();
  });
  frame.addEventListener("keydown", (event) => {
    const step = event.shiftKey ? LEAP : STEP;
    const move = { ArrowLeft: [step, 0], ArrowRight: [-step, 0], ArrowUp: [0, step], ArrowDown: [0, -step] }[event.key];
    if (event.target !== frame || !move) return;
    event.preventDefault();
    const [along, up] = at ?? [0, 0];
    at = [(along + move[0] + 540) % 360 - 180, Math.max(-90, Math.min(90, up + move[1]))];
    const [x, y] = placed(...at);
    line.setAttribute("d", `M${x - 14} ${y}h10m8 0h10M${x} ${y - 14}v10m0 8v10`);
    told.setAttribute("aria-live", "polite");
    show();
  });

  // The position that is read is marked by the form below, which tells what is near it.
  const form = document.querySelector("#here form");
  const mark = () => {
    form.elements.ra.value = ((at[0] % 360 + 360) % 360).toFixed(2);
    form.elements.dec.value = at[1].toFixed(2);
    form.requestSubmit();
  };
  frame.addEventListener("keydown", (event) => {
    if (event.target === frame && event.key === "Enter" && at) mark();
  });
  map.addEventListener("click", (event) => {
    if (at && !event.target.closest("a")) mark();
  });
})();
