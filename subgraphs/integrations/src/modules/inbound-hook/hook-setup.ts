/** What a person does at the other system, in markdown, for a hook whose address is known. The secret is not in it. */
import type { InboundHook } from './inbound-hook.ts';

export function setupOf(hook: InboundHook, url: string): string {
  switch (hook.kind) {
    case 'GITHUB':
      return githubSetup(url);
    case 'JIRA':
      return hook.verification === 'BEARER_JWT' ? jiraAppSetup(url) : jiraSetup(url);
    case 'SERVICENOW':
      return serviceNowSetup(url);
    case 'GENERIC':
      return hook.verification === 'STANDARD_WEBHOOKS' ? standardSetup(url) : hmacSetup(url);
    default:
      return hook.kind satisfies never;
  }
}

function githubSetup(url: string): string {
  return `In GitHub: Settings of the repository or organization, **Webhooks**, **Add webhook**.

- Payload URL: \`${url}\`
- Content type: \`application/json\`
- Secret: the secret of this hook
- Events: Issues, Issue comments, Pull requests, Pull request reviews

GitHub sends a ping at once: it appears among the deliveries. What fails, GitHub does not send again by itself: a hook that \`registerInboundHook\` made is looked after, and sent again.`;
}

function jiraSetup(url: string): string {
  return `In Jira: **System**, **WebHooks**, **Create a WebHook** (an administrator's right).

- URL: \`${url}\`
- Secret: the secret of this hook
- Events: Issue created, updated, deleted; Comment created, updated, deleted`;
}

function jiraAppSetup(url: string): string {
  return `The app registers its webhooks for \`${url}\` by Jira's API; \`registerInboundHook\` does it where the connection signs in by OAuth.
Jira signs with the client secret of the app. Such webhooks end after 30 days unless they are renewed.`;
}

function standardSetup(url: string): string {
  return `Send to \`${url}\` as [Standard Webhooks 1.0](https://www.standardwebhooks.com) says: headers \`webhook-id\`, \`webhook-timestamp\`
(seconds, within five minutes of now) and \`webhook-signature\` (\`v1,\` with the secret of this hook, or \`v1a,\` with a key of your own).`;
}

function hmacSetup(url: string): string {
  return `Send JSON to \`${url}\` with the headers

- \`x-delivery-id\`: a name of the message, the same when it is sent again
- \`x-timestamp\`: seconds since 1970, within five minutes of now
- \`x-signature\`: \`sha256=\` and the HMAC-SHA256 of \`<x-timestamp>.<body>\` in hexadecimal, with the secret of this hook as it is shown`;
}

function serviceNowSetup(url: string): string {
  return `In ServiceNow, in the global scope:

1. **System Properties**: a property \`flowgrid.hook.secret\` of the type \`password2\`, with what follows \`whsec_\` in the secret of this hook.
2. **Business Rules**: a new rule on \`Task\` (or the table that you want to follow): advanced, when **async**, on insert, update and delete,
   with this script:

\`\`\`js
(function executeRule(current) {
  var isDelete = current.operation() == 'delete';
  var body = JSON.stringify({
    operation: String(current.operation()),
    table: String(current.getRecordClassName()),
    sys_id: String(current.getUniqueValue()),
    number: String(current.getValue('number')),
    short_description: current.getValue('short_description'),
    description: current.getValue('description'),
    state: current.getDisplayValue('state'),
    type: String(current.getClassDisplayValue()),
    assigned_to: current.getDisplayValue('assigned_to'),
    sys_updated_on: current.getValue('sys_updated_on')
  });
  // Tells messages apart, and which of two is the later one.
  var version = Number(current.getValue('sys_mod_count')) + (isDelete ? 1 : 0);
  var id = current.getUniqueValue() + '-' + version;
  var timestamp = String(Math.floor(new GlideDateTime().getNumericValue() / 1000));
  var secret = gs.getProperty('flowgrid.hook.secret');
  var mac = new GlideCertificateEncryption().generateMac(secret, 'HmacSHA256', id + '.' + timestamp + '.' + body);
  var request = new sn_ws.RESTMessageV2();
  request.setHttpMethod('post');
  request.setEndpoint('${url}');
  request.setRequestHeader('Content-Type', 'application/json');
  request.setRequestHeader('webhook-id', id);
  request.setRequestHeader('webhook-timestamp', timestamp);
  request.setRequestHeader('webhook-signature', 'v1,' + mac);
  request.setRequestBody(body);
  var status = request.execute().getStatusCode();
  if (status != 202) gs.error('Flowgrid did not take a message: ' + status);
})(current);
\`\`\``;
}
