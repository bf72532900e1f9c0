/** Nothing is invented for a text that describes no process, and short descriptions of one are understood. */
import { describe, expect, test } from 'vitest';
import { analyzeProcessText } from './analyze.ts';

const NO_PROCESS = [
  'Hello world',
  'Good morning! How are you today?',
  'Invoice',
  'approve',
  'Check',
  'Thanks for your help.',
  "Shall I compare thee to a summer's day? Thou art more lovely and more temperate. Rough winds do shake the darling buds of May.",
  'Two roads diverged in a yellow wood, and sorry I could not travel both. I took the one less traveled by, and that has made all the difference.',
  'The fog comes on little cat feet. It sits looking over harbor and city on silent haunches and then moves on.',
  'Our company was founded in 1990 by two brothers. It opened its first store in Berlin and has grown to 500 employees. In 2005 it was sold to a larger group.',
  'Acme Corp. was founded in 1987. The company has offices in London and Paris and serves more than 2,000 customers.',
  'What is the capital of France?',
  'Can you help me with my homework?',
  'How do I reset my password?',
  'Who approves the invoice?',
  'Introducing the new UltraPhone 12. It delivers stunning photos, saves battery and looks great. Order now and get 20% off!',
  'Our software helps teams collaborate. It saves time and reduces costs. Sign up today for a free trial.',
  'Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor incididunt ut labore et dolore magna aliqua.',
  'function add(a, b) { return a + b; } const x = add(1, 2); console.log(x);',
  'import os\nfor name in os.listdir("."):\n    print(name)\n    send(name)',
  "SELECT * FROM users WHERE id = 1; UPDATE orders SET state = 'sent';",
  '{"name": "invoice", "action": "approve", "steps": ["check", "send"]}',
  'Der Sachbearbeiter prüft den Antrag und sendet ihn an den Kunden.',
  'Le client envoie une facture au fournisseur.',
  '顧客は注文を送信する。',
  'The weather is nice today. The sun shines and birds sing in the trees.',
  'My grandmother baked the best cookies. She gave them to us every Sunday, and we ate them on the porch.',
  'The cat sat on the mat. The dog chased the cat. The cat climbed a tree.',
  'Happy birthday! We wish you all the best and send you our love.',
  'Dear Sir or Madam, I am writing to complain about your service. Yours sincerely, John Smith',
  'asdf qwer zxcv uiop',
  '12345 67890',
  'The quick brown fox jumps over the lazy dog.',
  'Copyright 2024 Acme Inc. All rights reserved.',
  'To be or not to be, that is the question.',
  'Photosynthesis is the process by which plants convert light into energy. Chlorophyll absorbs light. Plants release oxygen.',
  'Napoleon invaded Russia in 1812. His army reached Moscow, but the winter destroyed it. He returned to Paris.',
  'Ingredients: 2 eggs, 100 g flour, 1 cup milk.',
  'The team won the match. Messi scored twice and the fans celebrated all night.',
  'Stocks fell on Friday. The bank reported a loss and the minister resigned.',
  'We are hiring! Join our team of engineers. We offer good pay and flexible hours.',
  'This document describes the vision of the company. We believe in quality, trust and innovation.',
];

const PROCESSES = [
  'Check the invoice.',
  'Approve PO',
  'The clerk checks the form.',
  'Triage bug, reproduce, fix, deploy, close',
  '1. Check the invoice.\n2. Send it to the customer.',
  'When an order arrives, the warehouse picks the goods and ships them.',
  'We receive an email, create a ticket and answer the customer.',
  'A customer calls. We check availability and book the room.',
  'HR posts the job, screens candidates and schedules interviews.',
  'The loan is approved by the bank after a credit check.',
  'A customer called. The clerk created a ticket and sent a technician.',
];

describe('no process', () => {
  test.each(NO_PROCESS)('%s', (text) => {
    const { revision, openQuestions, ...lists } = analyzeProcessText(text);

    expect(revision).toBe(1);
    expect(Object.entries(lists).filter(([, list]) => list.length > 0)).toEqual([]);
    expect(openQuestions.map(({ kind }) => kind)).toEqual(['NO_PROCESS']);
  });
});

describe('a process', () => {
  test.each(PROCESSES)('%s', (text) => {
    expect(analyzeProcessText(text).activities).not.toEqual([]);
  });
});
