/** The agents of Globex Logistics. */
import type { DemoAgent } from './demo-agent.ts';
import { history, rule, skill, tool } from './demo-agent.ts';

const trackShipment = tool('trackShipment', 'Reads where a shipment is and when it is due.', {
  shipmentNumber: 'Number of the shipment, such as GX-88120',
});
const raiseIssue = tool(
  'createIssue',
  'Opens an issue in the project of the operations team.',
  { summary: 'One line that says what is wrong', details: 'What was observed, and for which shipment' },
  { integrationKind: 'JIRA' },
);

export const globexAgents: readonly DemoAgent[] = [
  {
    id: '0193a000-0000-7000-8000-00000000f101',
    slug: 'shipment-tracking',
    name: 'Shipment tracking',
    description: 'Tells customers where their shipment is, and warns them before it is late.',
    tags: ['customer', 'transport'],
    metadata: { department: 'Customer service', costCenter: 'CS-110' },
    published: 3,
    versions: history(
      {
        instructions:
          'You tell customers where their shipment is. Give the last scan, the place, and the expected arrival with its uncertainty. When the shipment is late, say why if it is known.',
        tools: [trackShipment],
        skills: [
          skill('where-is-it', 'Where is it', 'Finds a shipment and its arrival time.', 'Where is GX-88120?'),
        ],
      },
      [
        'Warns of delays before the customer asks',
        {
          tools: [
            trackShipment,
            tool('notifyCustomer', 'Sends a message to the contact of a shipment.', {
              shipmentNumber: 'Shipment that the message is about',
              text: 'The message, in the language of the contact',
            }),
          ],
          guardrails: [
            rule('DEADLINE', 'early-warning', 'A delay of over two hours is told within thirty minutes.'),
          ],
        },
      ],
      [
        'No night messages',
        {
          guardrails: [
            rule('DEADLINE', 'early-warning', 'A delay of over two hours is told within thirty minutes.'),
            rule(
              'PROHIBITION',
              'quiet-hours',
              'No message is sent between 21:00 and 7:00 at the place of the contact.',
            ),
          ],
        },
      ],
    ),
  },
  {
    id: '0193a000-0000-7000-8000-00000000f102',
    slug: 'route-planner',
    name: 'Route planner',
    description: 'Plans the tours of the next day from orders, vehicles, driving times and closures.',
    tags: ['transport', 'planning'],
    metadata: { department: 'Dispatch', costCenter: 'DI-210' },
    published: 2,
    versions: history(
      {
        instructions:
          'You plan the tours of the next day. Fill vehicles by weight and volume, keep the delivery windows, and explain each order that does not fit. A dispatcher releases the plan.',
        tools: [
          tool('listOrders', 'Lists the orders of a day with weight, volume and window.', {
            day: 'Day, ISO 8601',
          }),
          tool('listVehicles', 'Lists the vehicles that are free on a day.', { day: 'Day, ISO 8601' }),
        ],
      },
      [
        'Keeps the legal driving times',
        {
          guardrails: [
            rule(
              'OBLIGATION',
              'driving-time',
              'No driver drives more than nine hours, with a break after 4.5 hours.',
            ),
            rule('APPROVAL', 'release', 'A dispatcher releases every plan.'),
          ],
        },
      ],
      ['Plans for electric vans', { settings: { maxElectricRangeKm: 240, reservePercent: 15 } }],
    ),
  },
  {
    id: '0193a000-0000-7000-8000-00000000f103',
    slug: 'customs-documents',
    name: 'Customs documents',
    description: 'Prepares export declarations, proposes tariff numbers and finds what is missing.',
    tags: ['customs', 'compliance'],
    metadata: { department: 'Customs', costCenter: 'CU-310' },
    published: 1,
    versions: history(
      {
        instructions:
          'You prepare export declarations. Propose the tariff number of each item with the reason, check value and origin against the invoice, and list what is missing. A declarant files the declaration.',
        inputModes: ['text/plain', 'application/pdf'],
        tools: [
          tool('findTariffNumber', 'Searches the customs tariff.', {
            description: 'What the goods are and are made of',
          }),
        ],
        guardrails: [rule('APPROVAL', 'declarant-files', 'Only a declarant files a declaration.')],
      },
      [
        'Stops goods under export control',
        {
          guardrails: [
            rule('APPROVAL', 'declarant-files', 'Only a declarant files a declaration.'),
            rule(
              'PROHIBITION',
              'export-control',
              'Goods on the control list are not declared without a licence number.',
            ),
          ],
        },
      ],
    ),
  },
  {
    id: '0193a000-0000-7000-8000-00000000f104',
    slug: 'warehouse-replenishment',
    name: 'Warehouse replenishment',
    description: 'Watches stock levels and orders goods before they run out.',
    tags: ['warehouse', 'planning'],
    metadata: { department: 'Warehouse', costCenter: 'WH-410' },
    published: 2,
    versions: history(
      {
        instructions:
          'You keep the warehouse supplied. Forecast the demand of the next two weeks from the last eight, compare it with the stock and with what is under way, and propose orders in whole pallets.',
        tools: [
          tool('getStock', 'Reads stock and goods under way of an article.', {
            article: 'Number of the article',
          }),
          tool(
            'placeOrder',
            'Places an order with a supplier.',
            { article: 'Number of the article', pallets: 'Number of pallets' },
            { requiresApproval: true },
          ),
        ],
      },
      [
        'Orders above 10,000 EUR need a buyer',
        {
          guardrails: [rule('THRESHOLD', 'large-order', 'Orders above 10,000 EUR are approved by a buyer.')],
        },
      ],
    ),
  },
  {
    id: '0193a000-0000-7000-8000-00000000f105',
    slug: 'damage-claims',
    name: 'Damage claims',
    description: 'Collects the evidence for damaged goods and settles small claims with the carrier.',
    tags: ['claims', 'transport'],
    metadata: { department: 'Quality', costCenter: 'QU-510' },
    versions: history(
      {
        instructions:
          'You handle reports of damaged goods. Ask for photographs, the delivery note and the time of discovery, find out where in the chain the damage happened, and prepare the claim against the carrier.',
        inputModes: ['text/plain', 'image/jpeg'],
        tools: [trackShipment, raiseIssue],
      },
      [
        'Keeps the seven days of notice',
        {
          guardrails: [
            rule('DEADLINE', 'seven-days', 'The carrier gets notice within seven days of the delivery.'),
          ],
        },
      ],
    ),
  },
  {
    id: '0193a000-0000-7000-8000-00000000f106',
    slug: 'dock-scheduling',
    name: 'Dock scheduling',
    description: 'Gives hauliers a time at the dock and moves the others when one is late.',
    tags: ['warehouse', 'transport'],
    metadata: { department: 'Warehouse', costCenter: 'WH-410' },
    versions: history(
      {
        instructions:
          'You give hauliers their time at the dock. Match the kind of goods with the equipment of the dock, leave fifteen minutes between two vehicles, and confirm in writing.',
        tools: [
          tool('listSlots', 'Lists the free times of a dock.', {
            dock: 'Dock, such as D4',
            day: 'Day, ISO 8601',
          }),
          tool('bookSlot', 'Books a time at a dock.', {
            slot: 'The free time',
            plate: 'Plate of the vehicle',
          }),
        ],
      },
      [
        'Moves others when a vehicle is late',
        {
          tools: [
            tool('listSlots', 'Lists the free times of a dock.', {
              dock: 'Dock, such as D4',
              day: 'Day, ISO 8601',
            }),
            tool('bookSlot', 'Books a time at a dock.', {
              slot: 'The free time',
              plate: 'Plate of the vehicle',
            }),
            tool('moveSlot', 'Moves a booking to another time.', {
              booking: 'The booking',
              slot: 'The new time',
            }),
          ],
        },
      ],
      [
        'Chilled goods first',
        {
          guardrails: [
            rule('OBLIGATION', 'cold-chain', 'Chilled goods never wait longer than twenty minutes.'),
          ],
        },
      ],
    ),
  },
];
