/** Small files as different tools write them, for tests. */
import { strToU8, zipSync } from 'fflate';

const EXCHANGE = 'http://www.opengroup.org/xsd/archimate/3.0/';
const XSI = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"';

/** As Archi exports: language of every text, folders, nested nodes, bends, colours, Dublin Core. */
export const ARCHI_EXCHANGE = `<?xml version="1.0" encoding="UTF-8"?>
<model xmlns="${EXCHANGE}" ${XSI} xsi:schemaLocation="${EXCHANGE} http://www.opengroup.org/xsd/archimate/3.1/archimate3_Diagram.xsd" identifier="id-0123456789abcdef0123456789abcdef">
  <name xml:lang="en">Claims &amp; payments</name>
  <name xml:lang="de">Schäden</name>
  <documentation xml:lang="en">First line
second line</documentation>
  <metadata>
    <schema>Dublin Core</schema>
    <schemaversion>1.1</schemaversion>
    <dc:creator xmlns:dc="http://purl.org/dc/elements/1.1/">Somebody</dc:creator>
  </metadata>
  <elements>
    <element identifier="id-role" xsi:type="BusinessRole"><name xml:lang="en">Clerk</name></element>
    <element identifier="id-process" xsi:type="BusinessProcess">
      <name xml:lang="en">Handle</name>
      <properties><property propertyDefinitionRef="propid-1"><value xml:lang="en">high</value></property></properties>
    </element>
    <element identifier="id-part" xsi:type="BusinessProcess"><name xml:lang="en">Check</name></element>
    <element identifier="id-data" xsi:type="DataObject"><name xml:lang="en">Claim</name></element>
    <element identifier="id-app" xsi:type="ApplicationProcess"><name xml:lang="en">Book</name></element>
    <element identifier="id-goal" xsi:type="Goal"><name xml:lang="en">Speed</name></element>
  </elements>
  <relationships>
    <relationship identifier="id-r1" source="id-role" target="id-process" xsi:type="Assignment"><name xml:lang="en">does</name></relationship>
    <relationship identifier="id-r2" source="id-process" target="id-part" xsi:type="Composition"/>
    <relationship identifier="id-r3" source="id-app" target="id-data" accessType="ReadWrite" xsi:type="Access"/>
    <relationship identifier="id-r4" source="id-goal" target="id-goal" modifier="++" xsi:type="Influence"/>
    <relationship identifier="id-r5" source="id-goal" target="id-r1" isDirected="true" xsi:type="Association"/>
  </relationships>
  <organizations>
    <item><label xml:lang="en">Business</label><item identifierRef="id-role"/><item identifierRef="id-process"/></item>
    <item><label xml:lang="en">Views</label><item identifierRef="id-view"/></item>
  </organizations>
  <propertyDefinitions>
    <propertyDefinition identifier="propid-1" type="string"><name>Priority</name></propertyDefinition>
  </propertyDefinitions>
  <views>
    <diagrams>
      <view identifier="id-view" viewpoint="Layered" xsi:type="Diagram">
        <name xml:lang="en">Overview</name>
        <node identifier="id-n1" elementRef="id-process" xsi:type="Element" x="200" y="10" w="300" h="200">
          <style lineWidth="2"><lineColor r="1" g="2" b="3"/><fillColor r="4" g="5" b="6" a="100"/></style>
          <node identifier="id-n2" elementRef="id-part" xsi:type="Element" x="220" y="50" w="120" h="55"/>
        </node>
        <node identifier="id-n3" elementRef="id-role" xsi:type="Element" x="10" y="10" w="120" h="55"/>
        <node identifier="id-n4" xsi:type="Label" x="10" y="300" w="185" h="80"><label xml:lang="en">A note</label></node>
        <node identifier="id-n5" xsi:type="Container" x="600" y="10" w="185" h="80"><label>Group</label></node>
        <connection identifier="id-c1" relationshipRef="id-r1" xsi:type="Relationship" source="id-n3" target="id-n1">
          <bendpoint x="70" y="150"/><bendpoint x="150" y="150"/>
        </connection>
        <connection identifier="id-c2" xsi:type="Line" source="id-n4" target="id-n5"/>
      </view>
    </diagrams>
  </views>
</model>
`;

/** As Visual Paradigm exports: settings of its own as properties of views, a name of white space, no languages. */
export const VISUAL_PARADIGM = `<?xml version="1.0" encoding="UTF-8"?>
<model identifier="Id-nVn" xmlns="${EXCHANGE}" ${XSI} xsi:schemaLocation="${EXCHANGE} http://www.opengroup.org/xsd/archimate/3.0/archimate3_Diagram.xsd">
  <name>
  </name>
  <elements>
    <element identifier="id-a" xsi:type="ApplicationComponent"><name>Portal</name></element>
    <element identifier="id-j" xsi:type="OrJunction"/>
    <element identifier="id-b" xsi:type="ApplicationComponent"><name>Ledger</name></element>
  </elements>
  <relationships>
    <relationship identifier="id-f1" source="id-a" target="id-j" xsi:type="Flow"/>
    <relationship identifier="id-f2" source="id-j" target="id-b" xsi:type="Flow"/>
  </relationships>
  <propertyDefinitions>
    <propertyDefinition identifier="vp-show-option" type="string"><name>Show</name></propertyDefinition>
  </propertyDefinitions>
  <views><diagrams><view identifier="id-v"><name>Elements</name>
    <properties><property propertyDefinitionRef="vp-show-option"><value>Box</value></property></properties>
    <node identifier="id-na" elementRef="id-a" xsi:type="Element" x="-20" y="5.4" w="100" h="50"/>
  </view></diagrams></views>
</model>
`;

/** As Sparx exports: windows-1252, ids of its own, a prefix before the namespace. */
export const SPARX_TEXT = `<?xml version="1.0" encoding="windows-1252"?>
<ar:model identifier="EAPK_1F27" xmlns:ar="${EXCHANGE}" ${XSI}>
  <ar:name>Übersicht – “€”</ar:name>
  <ar:elements>
    <ar:element identifier="EAID_1" xsi:type="ar:Device"><ar:name>Gerät</ar:name></ar:element>
  </ar:elements>
</ar:model>
`;

/** Characters of windows-1252 that are elsewhere in Unicode. */
const WINDOWS_1252: ReadonlyMap<string, number> = new Map([
  ['€', 0x80],
  ['“', 0x93],
  ['”', 0x94],
  ['–', 0x96],
]);

export function toWindows1252(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => WINDOWS_1252.get(character) ?? character.charCodeAt(0));
}

/** With a byte order mark, little endian. */
export function toUtf16(text: string): Uint8Array {
  return Buffer.from(`\u{feff}${text}`, 'utf16le');
}

/** As Archi keeps a model: folders, places relative to each other, bends relative to both ends. `version` 4 or 5. */
export const nativeOf = (version: string): string => `<?xml version="1.0" encoding="UTF-8"?>
<archimate:model ${XSI} xmlns:archimate="http://www.archimatetool.com/archimate" name="Claims" id="7b926c41" version="${version}">
  <folder name="Business" id="f1" type="business">
    <folder name="Inner" id="f2">
      <element xsi:type="archimate:BusinessRole" name="Clerk" id="11"><documentation>Does it.</documentation><property key="Cost" value="5"/></element>
    </folder>
    <element xsi:type="archimate:BusinessProcess" name="Handle" id="12"/>
  </folder>
  <folder name="Application" id="f3" type="application">
    <element xsi:type="archimate:ApplicationProcess" name="Book" id="13"/>
    <element xsi:type="archimate:DataObject" name="Claim" id="14"/>
  </folder>
  <folder name="Other" id="f4" type="other"><element xsi:type="archimate:Junction" id="15" type="or"/></folder>
  <folder name="Relations" id="f5" type="relations">
    <element xsi:type="archimate:AssignmentRelationship" id="21" source="11" target="12"/>
    <element xsi:type="archimate:AccessRelationship" id="22" source="13" target="14" accessType="3"/>
    <element xsi:type="archimate:AccessRelationship" id="23" source="13" target="14"/>
    <element xsi:type="archimate:TriggeringRelationship" id="24" source="12" target="15"/>
    <element xsi:type="archimate:TriggeringRelationship" id="25" source="15" target="12"/>
  </folder>
  <folder name="Views" id="f6" type="diagrams">
    <element xsi:type="archimate:ArchimateDiagramModel" name="Default" id="31" viewpoint="layered">
      <child xsi:type="archimate:Group" id="32" name="Box" fillColor="#0a0b0c">
        <bounds x="100" y="50" width="300" height="200"/>
        <child xsi:type="archimate:DiagramObject" id="33" archimateElement="11" targetConnections="37">
          <bounds x="10" y="30" width="-1" height="-1"/>
        </child>
      </child>
      <child xsi:type="archimate:DiagramObject" id="34" archimateElement="12">
        <bounds x="500" y="80" width="120" height="55"/>
        <sourceConnection xsi:type="archimate:Connection" id="37" source="34" target="33" archimateRelationship="21">
          <bendpoint startX="0" startY="100" endX="390" endY="100"/>
        </sourceConnection>
      </child>
      <child xsi:type="archimate:Note" id="35"><bounds x="5" y="5" width="185" height="80"/><content>Mind this</content></child>
    </element>
  </folder>
  <purpose>Why it is there.</purpose>
</archimate:model>
`;

export function toArchiZip(model: string | Uint8Array): Uint8Array {
  const content = typeof model === 'string' ? strToU8(model) : model;
  return zipSync({ 'model.xml': content, 'images/1.png': new Uint8Array([1, 2, 3]) });
}
