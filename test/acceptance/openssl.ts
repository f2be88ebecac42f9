/** Authorities as companies have them, made with the openssl command: a root, and an intermediate that signs. */
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'

interface Wish {
  /** Of a leaf. */
  readonly uses?: 'serverAuth,clientAuth' | 'clientAuth'
  /** Alternative names of a leaf, like `DNS:sip.example.com`; otherwise the loopback address. */
  readonly names?: string
  /** `ended`: it is long past its time. */
  readonly days?: number | 'ended'
}

export interface Authority {
  /** The certificate of the root alone. */
  readonly root: string
  /** A key and a certificate of the intermediate, which stands below it in one file. */
  leaf(name: string, wish?: Wish): Chain
  /** The same root, another intermediate. */
  intermediate(name: string, wish?: Wish): Authority
}

/** PEM. */
export interface Chain {
  readonly cert: string
  readonly key: string
}

const DAYS = 90
const CNF = `[ca]
default_ca = any
[any]
new_certs_dir = .
database = index.txt
rand_serial = yes
unique_subject = no
default_md = sha256
policy = policy
[policy]
commonName = supplied
[req]
distinguished_name = name
[name]
`

export function authority(dir: string, name: string): Authority {
  writeFileSync(path.join(dir, 'openssl.cnf'), CNF)
  writeFileSync(path.join(dir, 'index.txt'), '')
  request(dir, name)
  sign(dir, name, name, 'basicConstraints=critical,CA:true\nkeyUsage=critical,keyCertSign,cRLSign', DAYS)
  return below(dir, name, `${name}-issuing`, {})
}

function below(dir: string, root: string, name: string, { days = DAYS }: Wish): Authority {
  const pem = (file: string): string => readFileSync(path.join(dir, file), 'utf8')
  request(dir, name)
  sign(dir, root, name, 'basicConstraints=critical,CA:true,pathlen:0\nkeyUsage=critical,keyCertSign,cRLSign', days)
  return {
    root: pem(`${root}.pem`),
    leaf(leaf, { uses = 'serverAuth,clientAuth', days = DAYS, names = 'IP:127.0.0.1' } = {}) {
      request(dir, leaf)
      const host = uses === 'clientAuth' ? '' : `\nsubjectAltName=${names}`
      sign(dir, name, leaf, `basicConstraints=CA:false\nextendedKeyUsage=${uses}${host}`, days)
      return { cert: pem(`${leaf}.pem`) + pem(`${name}.pem`), key: pem(`${leaf}.key`) }
    },
    intermediate: (other, wish = {}) => below(dir, root, other, wish),
  }
}

function request(dir: string, name: string): void {
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', `${name}.key`]
  openssl(dir, 'req', '-new', '-config', 'openssl.cnf', ...key, '-subj', `/CN=${name}`, '-out', `${name}.csr`)
}

function sign(dir: string, issuer: string, name: string, extensions: string, days: number | 'ended'): void {
  writeFileSync(
    path.join(dir, 'extensions'),
    `authorityKeyIdentifier=keyid\nsubjectKeyIdentifier=hash\n${extensions}\n`,
  )
  const by = issuer === name ? ['-selfsign'] : ['-cert', `${issuer}.pem`]
  const past = ['-startdate', '20200101000000Z', '-enddate', '20210101000000Z']
  const time = days === 'ended' ? past : ['-days', String(days)]
  const files = ['-keyfile', `${issuer}.key`, '-in', `${name}.csr`, '-out', `${name}.pem`, '-extfile', 'extensions']
  openssl(dir, 'ca', '-config', 'openssl.cnf', '-batch', '-notext', ...by, ...time, ...files)
}

function openssl(cwd: string, ...args: readonly string[]): void {
  execFileSync('openssl', args, { cwd, stdio: 'pipe' })
}
