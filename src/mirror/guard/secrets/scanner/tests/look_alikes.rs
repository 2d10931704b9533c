//! What looks like a secret and is none: where it stands, and what it says. A new one is one entry.

use crate::mirror::guard::secrets::scanner::tests::dice::Dice;

pub const LOOK_ALIKES: &[(&str, &str)] = &[
    ("a.py", "run_id = \"{uuid:1}\""),
    ("a.log", "request {uuid:1} took 20 ms\n"),
    ("a.md", "fixed in {hex:40} and {hex:7}"),
    ("a.yaml", "image: lab/train@sha256:{hex:64}"),
    ("package.json", "\"integrity\": \"sha512-{base64:86}==\","),
    ("a.html", "<script src=a.js integrity=\"sha384-{base64:64}\" crossorigin=anonymous></script>"),
    ("Cargo.lock", "name = \"x\"\nchecksum = \"{hex:64}\""),
    ("poetry.lock", "{brace:open}file = \"x.whl\", hash = \"sha256:{hex:64}\"{brace:close},"),
    ("go.sum", "example.org/x v1.2.3 h1:{base64:43}="),
    ("requirements.txt", "numpy==2.1.0 --hash=sha256:{hex:64}"),
    ("a.tf", "aws_access_key_id = AKIAIOSFODNN7EXAMPLE"),
    ("a.ini", "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
    ("a.sh", "export TOKEN=${brace:open}TOKEN{brace:close} PASSWORD=\"$PASSWORD\""),
    ("a.yml", "token: ${brace:open}{brace:open} secrets.GITHUB_TOKEN {brace:close}{brace:close}"),
    ("a.env.example", "API_KEY=<your-api-key>\nSECRET_KEY=changeme\nPASSWORD=********"),
    ("a.py", "password = os.environ[\"DB_PASSWORD\"]"),
    ("a.py", "token = get_access_token(client, refresh=True)"),
    ("a.toml", "password = \"password\"\nsecret = \"xxxxxxxxxxxxxxxx\""),
    ("a.txt", "data = \"TG9yZW0gaXBzdW0gZG9sb3Igc2l0IGFtZXQsIGNvbnNlY3RldHVyIGFkaXBpc2NpbmcgZWxpdA==\""),
    ("a.css", "background: url(data:image/png;base64,iVBORw0KGgo{base64:200}=);"),
    ("id.pub", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI{alnum:43} ada@lab"),
    ("a.pem.txt", "-----BEGIN CERTIFICATE-----\n{lines:8}\n-----END CERTIFICATE-----"),
    ("a.pub", "-----BEGIN PUBLIC KEY-----\n{lines:4}\n-----END PUBLIC KEY-----"),
    ("compose.yaml", "url: postgres://postgres:postgres@localhost:5432/test"),
    ("a.md", "postgresql://user:password@host:5432/db or mysql://root:${brace:open}PASS{brace:close}@db/x"),
    ("a.md", "see https://example.org:8080/logo@2x.png and git@github.com:lab/repo.git"),
    ("a.ts", "const primaryKey = \"customer_order_items_id\";"),
    ("a.js", "if (event.key === 'ArrowDownAndSomething') {brace:open} tokens.push(token) {brace:close}"),
    ("a.py", "key = \"model.layers.0.self_attn.q_proj.weight\""),
    ("a.json", "\"public_key\": \"not_a_secret_at_all_only_words\""),
    ("a.md", "export HF_TOKEN=hf_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"),
    ("a.md", "curl -H \"Authorization: Bearer $TOKEN\" https://lab.internal"),
    ("a.csv", "step,loss\n{digits:6},0.{digits:16}\n{digits:6},0.{digits:16}"),
    ("a.svg", "<path d=\"M{digits:3}.{digits:2} {digits:3}c-{digits:2}.{digits:5}\"/>"),
    (
        "a.c",
        "static const unsigned char key_table[] = {brace:open}0x{hex:2}, 0x{hex:2}, 0x{hex:2}{brace:close};",
    ),
    ("a.lock", "resolved \"https://registry.example/x/-/x-1.0.0.tgz#{hex:40}\""),
];

/// All of them, filled.
pub fn look_alikes(seed: u64) -> Vec<(&'static str, String)> {
    let mut dice = Dice::new(seed);
    LOOK_ALIKES.iter().map(|(path, pattern)| (*path, dice.fill(pattern).text)).collect()
}
