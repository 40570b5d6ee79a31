// A file that a person gives, made small enough to be sent at once.

const SIDE = 1600; // pixels
const BYTES = 1_500_000;

// -> a Blob: the file itself, where it is small or can't be read here; the server says what is wrong with it.
export async function readyToSend(file) {
  if (file.type === "image/jpeg" && file.size < BYTES) return file; // the server decodes a fraction of it
  let bitmap;
  try {
    bitmap = await createImageBitmap(file);
  } catch {
    return file;
  }
  const scale = Math.min(1, SIDE / Math.max(bitmap.width, bitmap.height));
  if (scale === 1 && file.size < BYTES) return file;
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  const context = canvas.getContext("2d");
  context.fillStyle = "white"; // clear parts, as the server shows them to the network
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.92));
  return blob ?? file;
}

// The first picture among what was dropped or pasted, or null.
export function pictureOf(transfer) {
  return [...(transfer?.files ?? [])].find((file) => file.type.startsWith("image/")) ?? null;
}
