// A receiver of webhooks on this machine: keeps what came, and checks signatures as Standard Webhooks says.
import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';

export class Receiver {
  static async start() {
    const receiver = new Receiver();
    receiver.came = [];
    receiver.answers = 204;
    receiver.server = createServer(async (request, response) => {
      let body = '';
      for await (const part of request) body += part;
      receiver.came.push({ headers: request.headers, body });
      response.writeHead(receiver.answers).end();
    });
    await new Promise((resolve) => receiver.server.listen(0, '127.0.0.1', resolve));
    receiver.url = `http://127.0.0.1:${receiver.server.address().port}/vouchsafe`;
    return receiver;
  }

  /** Whether a request is signed with this secret. */
  static isSigned({ headers, body }, secret) {
    const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
    const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
    const expected = `v1,${createHmac('sha256', key).update(signed).digest('base64')}`;
    return headers['webhook-signature'].split(' ').includes(expected);
  }

  stop() {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(resolve));
  }
}
