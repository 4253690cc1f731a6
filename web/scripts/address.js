// Fills in the town of a postal code without leaving the page. The server's answer is
// {"towns": [{"prefecture", "city", "town"}]}; with several towns, or none, the button without script does the work.
// Never overwrites what a person has typed.
export function enhance(group) {
  const lookup = group.dataset.lookup;
  const code = group.querySelector('[name$=".postal_code"]');
  if (!lookup || !code) return;
  const part = (name) => group.querySelector(`[name$=".${name}"]`);
  let asked = '';
  code.addEventListener('input', async () => {
    const digits = code.value.normalize('NFKC').replace(/\D/g, '');
    if (digits.length !== 7 || digits === asked) return;
    asked = digits;
    const answer = await fetch(`${lookup}${digits}`, { headers: { Accept: 'application/json' } });
    if (!answer.ok || asked !== digits) return;
    const { towns } = await answer.json();
    if (towns.length !== 1) return;
    for (const name of ['prefecture', 'city', 'town']) {
      const input = part(name);
      if (input && input.value === '') input.value = towns[0][name];
    }
  });
}
