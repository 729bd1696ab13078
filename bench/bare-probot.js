// What Orch is compared with: Probot with a handler that does nothing, and an open SQLite database. Plain JavaScript,
// so that it carries no compiler. Prints its address; ends with SIGTERM.
import { createServer } from 'node:http';
import Database from 'better-sqlite3';
import { createNodeMiddleware, Probot } from 'probot';

const { APP_ID, PRIVATE_KEY, WEBHOOK_SECRET, GHE_HOST, GHE_PROTOCOL } = process.env;
const database = new Database('bare.db');
database.exec(
  'pragma journal_mode = wal; pragma synchronous = full; create table if not exists seen (id text)',
);
const probot = new Probot({
  appId: APP_ID,
  privateKey: PRIVATE_KEY,
  secret: WEBHOOK_SECRET,
  baseUrl: `${GHE_PROTOCOL}://${GHE_HOST}/api/v3`,
  logLevel: 'fatal',
});
const middleware = await createNodeMiddleware(app => void app.on('issue_comment.created', () => {}), {
  probot,
});
const server = createServer((request, response) => void middleware(request, response));
server.listen(0, '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${server.address().port}/api/github/webhooks`);
});
process.once('SIGTERM', () => {
  server.close();
  server.closeAllConnections();
  database.close();
});
