//! Processes that run the application.

use std::env;
use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio, exit};
use std::thread;

use crate::app;
use crate::client::Client;
use crate::settings::Settings;

/// The name of the test that runs the application.
const TEST: &str = "application_process";

/// The environment variable that holds the settings as JSON.
const SETTINGS: &str = "STORE_FAULTS_SETTINGS";

const LISTENING: &str = "the application listens on ";

/// A process that runs the application. Dropping this value kills the process. The process also exits when the test
/// program ends.
pub(crate) struct Process {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl Process {
    pub(crate) fn start(settings: &Settings) -> Self {
        let mut child = Command::new(env::current_exe().unwrap())
            .args(["--ignored", "--exact", "--nocapture", TEST])
            .env(SETTINGS, serde_json::to_string(settings).unwrap())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let address = lines.find_map(|line| {
            line.split_once(LISTENING).map(|(_, address)| address.parse::<SocketAddr>().unwrap())
        });
        // Keep reading: after a minute, the test harness of the process prints a line, and would exit if printing
        // failed.
        thread::spawn(move || lines.for_each(drop));
        Self { child, address: address.expect("the application starts") }
    }

    /// Ends the process with SIGKILL.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn client(&self) -> Client {
        Client::new(self.address)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs the application if the environment has settings for it, as in a process that [`Process::start`] started.
pub(crate) fn run() {
    let Ok(settings) = env::var(SETTINGS) else { return };
    // Standard input is a pipe from the test program. The pipe is closed when that program ends, even if it is killed.
    thread::spawn(|| {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        exit(0);
    });
    let settings: Settings = serde_json::from_str(&settings).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let router = app::router(&settings).await;
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        println!("{LISTENING}{}", listener.local_addr().unwrap());
        axum::serve(listener, router).await.unwrap();
    });
}
