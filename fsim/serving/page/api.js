// The server's addresses, with the key where one is needed. Failures are errors with a plain message.

let key = null;
try { key = sessionStorage.getItem("fsim-key"); } catch { /* a browser that keeps nothing */ }

export class Locked extends Error {}

export function setKey(text) {
  key = text;
  try { sessionStorage.setItem("fsim-key", text); } catch { /* it is asked for again */ }
}

const headers = () => (key ? { "X-API-Key": key } : {});

async function ask(address, options = {}) {
  let answer;
  try {
    answer = await fetch(address, { ...options, headers: { ...headers(), ...options.headers } });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Error("The server can't be reached. Is it running, and is the picture not too large?");
  }
  if (answer.ok) return answer;
  const told = await answer.json().catch(() => ({}));
  const text = told.error ?? `The server answered with ${answer.status}.`;
  throw answer.status === 401 ? new Locked(text) : new Error(text[0].toUpperCase() + text.slice(1));
}

export const about = async () => (await ask("/api/about")).json();

export async function catalog(wanted, offset, limit, signal) {
  const query = new URLSearchParams([...wanted.map((one) => ["filter", one]), ["offset", offset], ["limit", limit]]);
  return (await ask(`/api/catalog?${query}`, { signal })).json();
}

// fields: [[name, value], ...]; `address` search or compare.
export async function search(address, fields, signal) {
  const form = new FormData();
  for (const [name, value] of fields) form.append(name, value);
  return (await ask(`/api/${address}`, { method: "POST", body: form, signal })).json();
}

export async function vote(comparison, choice) {
  const body = JSON.stringify({ comparison, choice });
  const told = { method: "POST", body, headers: { "Content-Type": "application/json" } };
  return (await ask("/api/votes", told)).json();
}

export const fetchPicture = async (address) => (await ask(address)).blob();

// Puts a picture of the server into an <img>. With a key the browser can't fetch it by itself.
export async function showPicture(image, address) {
  if (!key) {
    image.src = address;
    return;
  }
  try {
    const url = URL.createObjectURL(await fetchPicture(address));
    image.addEventListener("load", () => URL.revokeObjectURL(url), { once: true });
    image.src = url;
  } catch {
    image.dispatchEvent(new Event("error"));
  }
}
