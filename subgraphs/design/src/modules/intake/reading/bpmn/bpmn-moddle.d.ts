/** What is used of bpmn-moddle, which declares the types of elements only. */
declare module 'bpmn-moddle' {
  export interface ModdleElement {
    /** `bpmn:UserTask`. */
    readonly $type: string;
    /** Any attribute, child or resolved reference; undefined where there is none. */
    get(property: string): unknown;
    /** Also true for what a type extends. */
    $instanceOf(type: string): boolean;
  }

  export class BpmnModdle {
    /** Rejects what is no XML or has another root; elements that are not known become warnings. */
    fromXML(
      xml: string,
      rootType: string,
    ): Promise<{ readonly rootElement: unknown; readonly warnings: readonly { readonly message: string }[] }>;
  }
}
