/** Process descriptions that the tests share. */
export const EXAMPLES = {
  claims:
    'The process starts when a customer submits a claim through the web portal. The claims clerk checks and registers the claim in ServiceNow. If the claim is complete, the claim is assessed by the adjuster; otherwise the clerk asks the customer for the missing documents. After the assessment, the adjuster approves or rejects the claim. If the amount exceeds $10,000, the claims manager must approve the payment within two business days. Finally, the finance department pays the customer and she receives a confirmation by email.',
  triage:
    'Bug triage\n\n- Read the bug report in Jira\n- If the report is incomplete, ask the reporter for details\n- Assign the bug to a developer\n- The developer fixes the bug and opens a pull request on GitHub\n- A reviewer reviews the pull request and merges it or requests changes\n',
  onboarding:
    'When a new employee joins, the HR assistant creates a ticket in ServiceNow. The IT department orders a laptop and sets up the accounts. At the same time, the facilities team prepares the desk. Once the laptop is delivered, the technician installs the software and hands it to the employee. If the employee works remotely, the laptop is shipped by courier. Otherwise, the employee picks it up at the office. The manager must not grant access before the contract is signed.',
  support:
    'Every morning, our support team receives the emails from the mailbox. An agent reads each email and creates a ticket in Zendesk. She classifies the ticket. In case of a technical problem, she escalates it to the engineering team; otherwise she answers the customer herself. Tickets without response are closed automatically after 14 days.',
  spacing:
    '   The\tclerk \u{1F600} reviews\r\n the   form.  \n\n\n  Then she signs it\u2026  The form gets filed by the archivist. ',
  purchase:
    'Employees submit purchase requests. The request is checked by the line manager. If it is above 5,000 euros, the manager forwards it to the CFO, who approves or declines it. If the request is declined, the employee is notified and the process ends. Procurement then places the order with the supplier. The supplier delivers the goods and, in parallel, the accountant enters the invoice into SAP.',
} as const;
