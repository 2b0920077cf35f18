//! The envelope of RFC 4511 section 4.1.1: message id, operation and controls, read from one whole frame.
//!
//! What cannot be told here (no id, an id outside 1…2^31-1, a tag that is no request) cannot be answered either and ends the connection
//! with a notice of disconnection. Unknown elements behind the known ones are ignored, as the extensibility rule of section 4 demands.
//! Controls are read with their criticality, which decides between ignoring and refusing.

use super::ber::{BOOLEAN, Elements, INTEGER, MAX_INT, Malformed, OCTET_STRING, SEQUENCE};

/// The request operations, by their application tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operation {
    Bind,
    Unbind,
    Search,
    Modify,
    Add,
    Delete,
    ModifyDn,
    Compare,
    Abandon,
    Extended,
}

impl Operation {
    fn from_tag(tag: u8) -> Option<Self> {
        Some(match tag {
            0x60 => Self::Bind,
            0x42 => Self::Unbind,
            0x63 => Self::Search,
            0x66 => Self::Modify,
            0x68 => Self::Add,
            0x4a => Self::Delete,
            0x6c => Self::ModifyDn,
            0x6e => Self::Compare,
            0x50 => Self::Abandon,
            0x77 => Self::Extended,
            _ => return None,
        })
    }

    /// The word used in metrics.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Bind => "bind",
            Self::Unbind => "unbind",
            Self::Search => "search",
            Self::Modify => "modify",
            Self::Add => "add",
            Self::Delete => "delete",
            Self::ModifyDn => "modifydn",
            Self::Compare => "compare",
            Self::Abandon => "abandon",
            Self::Extended => "extended",
        }
    }
}

/// A control as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Control<'a> {
    pub oid: &'a [u8],
    pub critical: bool,
    pub value: Option<&'a [u8]>,
}

/// One request.
#[derive(Clone, Debug)]
pub struct Message<'a> {
    /// 1…2^31-1.
    pub id: i32,
    pub operation: Operation,
    /// Content of the operation's element.
    pub content: &'a [u8],
    /// The controls; malformed ones spoil this request only.
    pub controls: Result<Vec<Control<'a>>, Malformed>,
}

impl<'a> Message<'a> {
    /// Reads the envelope of one frame.
    pub fn read(frame: &'a [u8]) -> Result<Self, Malformed> {
        let mut outer = Elements::new(frame);
        let mut elements = Elements::new(outer.expect(SEQUENCE)?);
        outer.end()?;
        let id = elements.integer(INTEGER, 1..=MAX_INT)?;
        let id = i32::try_from(id).map_err(|_| Malformed)?;
        let request = elements.next()?;
        let operation = Operation::from_tag(request.tag).ok_or(Malformed)?;
        let controls = match elements.optional(0xa0)? {
            Some(content) => read_controls(content),
            None => Ok(Vec::new()),
        };
        while !elements.is_empty() {
            elements.next()?;
        }
        Ok(Self { id, operation, content: request.content, controls })
    }
}

fn read_controls(content: &[u8]) -> Result<Vec<Control<'_>>, Malformed> {
    let mut list = Elements::new(content);
    let mut controls = Vec::new();
    while !list.is_empty() {
        let mut fields = Elements::new(list.expect(SEQUENCE)?);
        let oid = fields.expect(OCTET_STRING)?;
        let critical = fields.peek() == Some(BOOLEAN) && fields.boolean()?;
        let value = fields.optional(OCTET_STRING)?;
        // RFC 3296 section 3: it has no value.
        if oid == MANAGE_DSA_IT.as_bytes() && value.is_some() {
            return Err(Malformed);
        }
        controls.push(Control { oid, critical, value });
    }
    Ok(controls)
}

/// ManageDsaIT (RFC 3296): accepted, critical or not; there are no referral objects to manage.
pub const MANAGE_DSA_IT: &str = "2.16.840.1.113730.3.4.2";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_envelope_with_controls_and_strange_ends() {
        let frame = [
            0x30, 0x1d, 2, 1, 7, 0x42, 0, 0xa0, 0x0f, 0x30, 0x0d, 4, 3, b'1', b'.', b'2', 1, 1, 1, 4, 3, 9, 9, 9, 0xa7, 3, 1, 2, 3, 0x84, 0,
        ];
        let message = Message::read(&frame).unwrap();
        assert_eq!((message.id, message.operation), (7, Operation::Unbind));
        let controls = message.controls.unwrap();
        assert_eq!(controls, [Control { oid: b"1.2", critical: true, value: Some(&[9, 9, 9]) }]);
    }

    #[test]
    fn ids_and_tags_outside_the_protocol_are_malformed() {
        for frame in [
            vec![0x30, 5, 2, 1, 0, 0x42, 0],
            vec![0x30, 5, 2, 1, 0xfb, 0x42, 0],
            vec![0x30, 9, 2, 5, 1, 0, 0, 0, 1, 0x42, 0],
            vec![0x30, 5, 2, 1, 1, 0x65, 0],
            vec![0x30, 5, 2, 1, 1, 0x42, 1],
            vec![0x30, 3, 2, 1, 1],
            vec![0x30, 0],
        ] {
            assert!(Message::read(&frame).is_err(), "{frame:?}");
        }
    }
}
