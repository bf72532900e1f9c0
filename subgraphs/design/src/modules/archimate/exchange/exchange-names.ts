/** Names that the exchange format fixes. */

/** The same for 3.0, 3.1 and 3.2: only the schemas differ. */
export const EXCHANGE_NAMESPACE = 'http://www.opengroup.org/xsd/archimate/3.0/';
export const EXCHANGE_SCHEMA = 'http://www.opengroup.org/xsd/archimate/3.1/archimate3_Diagram.xsd';
export const XSI_NAMESPACE = 'http://www.w3.org/2001/XMLSchema-instance';
export const XML_NAMESPACE = 'http://www.w3.org/XML/1998/namespace';
