// Shows the pictures a person has just chosen, before they are sent.
export function enhance(input) {
  const box = document.querySelector(`[data-preview-for="${CSS.escape(input.id)}"]`);
  if (!box) return;
  let addresses = [];
  input.addEventListener('change', () => {
    addresses.forEach((address) => URL.revokeObjectURL(address));
    addresses = [];
    box.replaceChildren();
    for (const file of input.files) {
      if (!file.type.startsWith('image/')) continue;
      const image = document.createElement('img');
      image.alt = file.name;
      image.src = URL.createObjectURL(file);
      addresses.push(image.src);
      box.append(image);
    }
  });
}
