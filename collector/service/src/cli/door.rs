//! The addresses that a command listens on. They are taken before anything else is done: nothing is made for an address at which
//! another program answers.

use super::{Command, Failure, demo};
use crate::config::Config;
use std::io::ErrorKind;
use std::net::SocketAddr;
use tokio::net::TcpListener;

/// How many ports after a usual one are tried.
const TRIED: u16 = 50;

/// What a command listens on; nothing for most.
#[derive(Default)]
pub(super) struct Doors {
    /// The collector's.
    pub collector: Option<TcpListener>,
    /// That of the demo's shop.
    pub shop: Option<TcpListener>,
}

impl Doors {
    /// Takes the addresses of a command. The settings say afterwards where the collector listens.
    ///
    /// # Errors
    /// When an address that was chosen is not free, or no port near a usual one is.
    pub(super) async fn open(command: &Command, config: &mut Config) -> Result<Self, Failure> {
        match command {
            Command::Serve => {
                let collector = at(config.listen, "--listen").await?;
                config.listen = address_of(&collector)?;
                Ok(Self { collector: Some(collector), shop: None })
            }
            Command::Demo(options) if !options.fill_only => {
                let is_usual = config.listen == Config::default().listen;
                let collector = near(config.listen, is_usual, "--listen").await?;
                config.listen = address_of(&collector)?;
                let is_usual = options.shop_listen == demo::SHOP_LISTEN;
                let shop = near(options.shop_listen, is_usual, "--shop-listen").await?;
                Ok(Self { collector: Some(collector), shop: Some(shop) })
            }
            _ => Ok(Self::default()),
        }
    }
}

/// Where a listener listens.
pub(super) fn address_of(listener: &TcpListener) -> Result<SocketAddr, Failure> {
    listener.local_addr().map_err(|error| Failure(format!("the address that was taken is not known: {error}")))
}

async fn at(address: SocketAddr, flag: &str) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).await.map_err(|error| {
        let reason = match error.kind() {
            ErrorKind::AddrInUse => "another program does, perhaps a collector that runs already".to_owned(),
            _ => error.to_string(),
        };
        Failure(format!("cannot listen on {address}: {reason}; choose another address with {flag}"))
    })
}

/// The usual address, or the next free one after it; one that was chosen is that one.
async fn near(address: SocketAddr, is_usual: bool, flag: &str) -> Result<TcpListener, Failure> {
    let ports = (address.port()..=address.port().saturating_add(TRIED)).filter(|_| is_usual);
    for port in ports {
        match TcpListener::bind(SocketAddr::new(address.ip(), port)).await {
            Err(error) if error.kind() == ErrorKind::AddrInUse => {}
            Ok(listener) => return Ok(listener),
            Err(_) => break,
        }
    }
    at(address, flag).await
}
