/** Software that is known by name, and how its name is written. */
import type { ProcessSystem } from '../process-model.ts';

type IntegrationKind = ProcessSystem['integrationKind'];

interface KnownSystem {
  readonly name: string;
  readonly pattern: RegExp;
  readonly integrationKind: IntegrationKind;
}

const system = (name: string, pattern: RegExp, integrationKind: IntegrationKind = null): KnownSystem => ({
  name,
  pattern,
  integrationKind,
});

/** Names that are also English words must be capitalised to count. */
const KNOWN_SYSTEMS: readonly KnownSystem[] = [
  system('ServiceNow', /^service[- ]?now$/iu, 'SERVICENOW'),
  system('Jira', /^jira(?: (?:software|cloud|service management))?$/iu, 'JIRA'),
  system('GitHub', /^git[- ]?hub(?: (?:actions|enterprise))?$/iu, 'GITHUB'),
  ...[
    'Salesforce',
    'SharePoint',
    'Confluence',
    'Zendesk',
    'DocuSign',
    'HubSpot',
    'PagerDuty',
    'GitLab',
    'Bitbucket',
    'Gmail',
    'Trello',
    'Okta',
    'Datadog',
    'Splunk',
    'Jenkins',
    'Freshdesk',
    'NetSuite',
    'QuickBooks',
    'OneDrive',
    'Dropbox',
    'Shopify',
    'WhatsApp',
    'Mailchimp',
    'Airtable',
    'PowerPoint',
    'BambooHR',
    'PostgreSQL',
    'Kubernetes',
    'Terraform',
    'Snowflake',
    'Webex',
    'DATEV',
    'Guidewire',
    'Coupa',
    'Mattermost',
    'Intercom',
    'Opsgenie',
    'SuccessFactors',
    'Dynamics 365',
    'Azure DevOps',
    'Google Sheets',
    'Google Drive',
    'Microsoft Teams',
    'Microsoft Excel',
    'Microsoft Outlook',
    'Power BI',
  ].map((name) => system(name, new RegExp(`^${name.replaceAll(' ', ' ?')}$`, 'iu'))),
  ...[
    'SAP',
    'Slack',
    'Teams',
    'Excel',
    'Outlook',
    'Workday',
    'Oracle',
    'Asana',
    'Notion',
    'Stripe',
    'PayPal',
    'Tableau',
    'Ariba',
    'Access',
    'Zoom',
    'Ansible',
    'Redis',
    'Kafka',
    'AWS',
    'Azure',
    'Monday.com',
    'Xero',
    'Word',
    'Dynamics',
  ].map((name) => system(name, new RegExp(`^${name.replaceAll('.', '\\.')}$`, 'u'))),
];

export interface SystemName {
  readonly name: string;
  readonly integrationKind: IntegrationKind;
}

export const findKnownSystem = (words: string): SystemName | null =>
  KNOWN_SYSTEMS.find((known) => known.pattern.test(words)) ?? null;
export const isKnownSystem = (words: string): boolean => findKnownSystem(words) !== null;
