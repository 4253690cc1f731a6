// Prints the cookie of a signed-in member of staff: node session.mjs BASE
import { staffClient } from '../../tests/browser/lib/walk.js';

const client = await staffClient(process.argv[2], 'economy-clerk');
console.log(client.jar.header());
