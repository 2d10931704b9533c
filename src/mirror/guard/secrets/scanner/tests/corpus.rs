//! The kinds of secrets that must be found, as patterns that are filled when the tests run. A new kind is one entry.

use crate::mirror::guard::secrets::scanner::tests::dice::{Dice, Planted};

/// How a kind is recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// By a form of its own: it is found whatever its random part is.
    Form,
    /// By the word before it; a random part that holds a common word may be passed over.
    Word,
}

use Sign::{Form, Word};

pub const KINDS: &[(&str, Sign, &str)] = &[
    ("github token", Form, "GITHUB = '[[ghp_{alnum:36}]]'"),
    ("github fine-grained token", Form, "url: https://x:[[github_pat_{alnum:22}_{alnum:59}]]@github.com/a/b"),
    ("github app token", Form, "[[ghs_{alnum:36}]]"),
    ("gitlab token", Form, "glab auth login --token [[glpat-{alnum:20}]]"),
    ("gitlab runner token", Form, "token = \"[[glrt-{alnum:20}]]\""),
    ("aws access key", Form, "aws_access_key_id = [[AKIA{base32:16}]]"),
    ("aws secret key", Word, "aws_secret_access_key = [[{alnum:40}]]"),
    ("google api key", Form, "key: '[[AIza{alnum:35}]]'"),
    (
        "google service account",
        Form,
        "\"private_key\": \"-----BEGIN PRIVATE KEY-----\\n[[{base64:64}]]\\n{base64:64}\\n-----END PRIVATE KEY-----\\n\"",
    ),
    ("google client secret", Form, "client_secret=[[GOCSPX-{alnum:28}]]"),
    ("google oauth token", Form, "access [[ya29.{alnum:120}]]"),
    ("stripe key", Form, "stripe.api_key = '[[sk_live_{alnum:24}]]'"),
    ("slack bot token", Form, "SLACK=[[xoxb-{digits:12}-{digits:12}-{alnum:24}]]"),
    ("slack webhook", Form, "curl https://hooks.slack.com/services/[[T{big:8}/B{big:10}/{alnum:24}]]"),
    ("openai project key", Form, "OPENAI = \"[[sk-proj-{word:74}T3BlbkFJ{word:73}a]]\""),
    ("openai older key", Form, "openai: [[sk-{alnum:20}T3BlbkFJ{alnum:20}]]"),
    ("anthropic key", Form, "x = '[[sk-ant-api03-{alnum:93}AA]]'"),
    ("openrouter key", Form, "x = '[[sk-or-v1-{hex:64}]]'"),
    ("hugging face token", Form, "login(\"[[hf_{letters:34}]]\")"),
    ("weights and biases key", Form, "wandb.login(key='[[{hex:40}]]')"),
    ("kaggle login", Form, "{brace:open}\"username\":\"ada\",\"key\":\"[[{hex:32}]]\"{brace:close}"),
    ("replicate token", Form, "r = \"[[r8_{alnum:37}]]\""),
    ("groq key", Form, "g: [[gsk_{alnum:52}]]"),
    ("nvidia key", Form, "n: [[nvapi-{alnum:64}]]"),
    ("perplexity key", Form, "p: [[pplx-{alnum:48}]]"),
    ("npm token", Form, "//registry/:_authToken=[[npm_{alnum:36}]]"),
    ("pypi token", Form, "password = [[pypi-AgEIcHlwaS5vcmc{word:70}]]"),
    ("rubygems token", Form, ":rubygems: [[rubygems_{hex:48}]]"),
    ("docker hub token", Form, "docker login -u ada -p [[dckr_pat_{alnum:27}]]"),
    (
        "docker logins",
        Form,
        "\"auths\": {brace:open}\"r\": {brace:open}\"auth\": \"[[{base64:40}]]\"{brace:close}{brace:close}",
    ),
    ("sendgrid key", Form, "SENDGRID='[[SG.{alnum:22}.{alnum:43}]]'"),
    ("mailgun key", Form, "mailgun_api = '[[key-{hex:32}]]'"),
    ("twilio key", Form, "sid [[SK{hex:32}]]"),
    ("telegram bot token", Form, "telegram_bot = '[[{digits:9}:A{alnum:34}]]'"),
    ("discord bot token", Form, "discord: [[M{alnum:23}.{alnum:6}.{alnum:38}]]"),
    ("json web token", Form, "Authorization: Bearer [[eyJ{alnum:33}.eyJ{alnum:60}.{alnum:43}]]"),
    (
        "rsa private key",
        Form,
        "-----BEGIN RSA PRIVATE KEY-----\n[[{base64:64}]]\n{lines:6}\n-----END RSA PRIVATE KEY-----",
    ),
    (
        "openssh private key",
        Form,
        "-----BEGIN OPENSSH PRIVATE KEY-----\n[[{base64:64}]]\n{lines:4}\n-----END OPENSSH PRIVATE KEY-----",
    ),
    (
        "pgp private key",
        Form,
        "-----BEGIN PGP PRIVATE KEY BLOCK-----\n\n[[{base64:64}]]\n{lines:9}\n-----END PGP PRIVATE KEY BLOCK-----",
    ),
    (
        "putty private key",
        Form,
        "PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\nComment: k\nPublic-Lines: 2\n{lines:2}\nPrivate-Lines: 1\n[[{base64:48}]]\nPrivate-MAC: {hex:64}",
    ),
    ("wireguard key", Form, "[Interface]\nPrivateKey = [[{base64:43}=]]"),
    ("age key", Form, "[[AGE-SECRET-KEY-1{bech32:58}]]"),
    ("databricks token", Form, "token = [[dapi{hex:32}]]"),
    ("digitalocean token", Form, "do: [[dop_v1_{hex:64}]]"),
    ("shopify token", Form, "[[shpat_{hex:32}]]"),
    ("terraform token", Form, "token = \"[[{alnum:14}.atlasv1.{alnum:64}]]\""),
    ("vault token", Form, "VAULT = [[hvs.{alnum:95}]]"),
    ("heroku key", Form, "[[HRKU-AA{alnum:58}]]"),
    ("azure client secret", Form, "secret: '[[{alnum:3}8Q~{alnum:34}]]'"),
    (
        "azure storage key",
        Form,
        "DefaultEndpointsProtocol=https;AccountName=lab;AccountKey=[[{base64:86}==]];",
    ),
    (
        "azure signed address",
        Form,
        "https://lab.blob.core.windows.net/c/f?sv=2022-11-02&sp=r&sig=[[{alnum:43}%3D]]",
    ),
    ("grafana token", Form, "[[glsa_{alnum:32}_{hex:8}]]"),
    ("linear key", Form, "[[lin_api_{alnum:40}]]"),
    ("tailscale key", Form, "tailscale up --authkey [[tskey-auth-{alnum:12}-{alnum:32}]]"),
    ("figma token", Form, "f = '[[figd_{alnum:40}]]'"),
    ("supabase token", Form, "s = '[[sbp_{hex:40}]]'"),
    ("pulumi token", Form, "[[pul-{hex:40}]]"),
    ("planetscale token", Form, "[[pscale_tkn_{alnum:43}]]"),
    ("postman key", Form, "[[PMAK-{hex:24}-{hex:34}]]"),
    ("database address", Form, "postgresql://ada:[[{password:16}]]@db.lab.internal:5432/runs"),
    ("mongo address", Form, "mongodb+srv://ada:[[{password:14}]]@cluster0.lab.net/runs"),
    ("git address", Form, "git clone https://ada:[[{alnum:20}]]@git.lab.internal/a/b.git"),
    ("netrc", Form, "machine git.lab.internal\n  login ada\n  password [[{password:16}]]"),
    ("password for ssh", Form, "sshpass -p '[[{password:14}]]' ssh ada@host"),
    ("password for a database", Form, "PGPASSWORD=[[{password:14}]] psql"),
    ("login of curl", Form, "curl -u 'ada:[[{alnum:18}]]' https://lab.internal"),
    ("header of curl", Form, "curl -H 'Authorization: Bearer [[{alnum:40}]]' https://lab.internal"),
    ("password in a file", Word, "password = \"[[{alnum:18}]]\""),
    ("api key in a file", Word, "LAB_API_KEY: [[{small:32}]]"),
    ("client secret in json", Word, "\"client_secret\": \"[[{alnum:32}]]\","),
];

/// All kinds, filled.
pub fn corpus(seed: u64) -> Vec<(&'static str, Sign, Planted)> {
    let mut dice = Dice::new(seed);
    KINDS.iter().map(|(name, sign, pattern)| (*name, *sign, dice.fill(pattern))).collect()
}
