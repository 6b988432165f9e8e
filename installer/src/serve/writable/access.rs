//! Who may push. Who is asked for a password, and by whom, is not decided here.

use super::error::OverlayError;
use std::net::SocketAddr;

/// Whether a registry that can be written may listen there: without users it is
/// for this host alone, unless somebody said aloud that everybody may push.
pub(crate) fn permit_start(
    listen: SocketAddr,
    has_users: bool,
    anonymous_push: bool,
) -> Result<(), OverlayError> {
    let permitted = has_users || anonymous_push || listen.ip().is_loopback();
    permitted.then_some(()).ok_or(OverlayError::Anonymous(listen))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_opens_a_registry_to_everybody_by_accident() {
        let permitted = |listen: &str, users, anonymous| {
            permit_start(listen.parse().unwrap(), users, anonymous).is_ok()
        };
        assert!(permitted("127.0.0.1:5000", false, false) && permitted("[::1]:5000", false, false));
        for open in ["0.0.0.0:5000", "192.0.2.1:5000", "[::]:5000"] {
            assert!(!permitted(open, false, false), "{open}");
            assert!(permitted(open, true, false) && permitted(open, false, true), "{open}");
        }
    }
}
