//! The words for things. Commas part the entries; an entry of several words is an idiom. Plurals are made by rule.

use crate::extract::phrase::concept::Noun;

/// The things and the words for each.
pub(super) const NOUNS: &[(Noun, &str)] = &[
    (
        Noun::User,
        "user, new user, patron, fellow, associate, delegate, trustee, counterparty, badge holder, badgeholder, pass holder, ticket holder, \
         key holder, pensioner, tenant member, insured, payee, payer, recruit, hire, new hire, joiner, leaver, cardmember, \
         homeowner, renter, commuter, traveller, traveler, instructor, lecturer, scholar, alumnus, alumna, mentor, coach, athlete, \
         chef, waiter, clerk, teller, broker user, advisor, adviser, lawyer, notary, inspector, auditor, soldier, \
         citizen id, person id, personnel record, login, account, member, principal, customer, identity, profile, person, employee, operator, subscriber, owner, holder, \
         caller, individual, participant, actor, patient, student, teacher, tutor, player, citizen, resident, guest, \
         shopper, buyer, seller, merchant, rider, human, username, uid, oid, userid, user name, user id, \
         user identifier, user identification, user record, user account, user profile, user info, userinfo, user entity, user row, \
         service account, serviceaccount, svc account, member id, account id, customer id, entity, consumer, people, \
         passenger, learner, tenant user, enduser, end user, remote user, card holder, cardholder, \
         requester, accounts, usr, useraccount, staff member, identities, \
         personnel, colleague, user principal, user object, user details, employees, clinician, doctor, \
         volunteer, donor, pupil, tenant member, team member, teammate, collaborator, contributor, courier, dealer, \
         vendor user, partner user, policyholder, policy holder, accountholder, account holder, beneficiary, claimant, applicant, \
         candidate, licensee, lessee, trader, investor, cashier, technician, nurse, physician, \
         userdata, user data, user model, user document, user entry, user instance, user with id, account record, member record, \
         identity record, appuser, app user, webuser, localuser, local user, db user, useridentity, \
         assignee, appointee, borrower, lender, tenant account",
    ),
    (Noun::Subject, "login name, subject, subject id, subject identifier, subject name, subject claim, sub claim user"),
    (
        Noun::Sub,
        "sub, sub claim, subject claim, identity claim, user claim, user id claim, username claim, userid claim, name id, \
         principal claim, user identity claim, identifier claim, nameidentifier, claim sub, preferred username, claim user id",
    ),
    (
        Noun::Token,
        "token, tokenstring, jwt, jws, jwe, jot, bearer, assertion, id token, idtoken, access token, accesstoken, auth token, authtoken, \
         bearer token, json web token, authentication token, authorization token, bearer value, oidc token, oauth token, \
         security token, session token, json web signature, authorization bearer, jwt token, client assertion, identity token, \
         access jwt, authorization value, encoded token, web token, token string, personal access token, \
         auth jwt, signed jwt, compact jws, login token, user token, service token, jwts, api token, \
         jwt string, bearer jwt, bearertoken, jwttoken, admin token, machine token, claims token, token value",
    ),
    (
        Noun::Refresh,
        "refresh token, refreshtoken, renewal token, renewal handle, refresh jwt, offline token, refresh handle, renew token, rt, \
         token family, authorization code, auth code",
    ),
    (
        Noun::Credential,
        "credential, authentication credential, creds, auth credential, authentication, authorization, authorisation",
    ),
    (
        Noun::Carrier,
        "jwt header, token header, authorization header, authorisation header, auth header, bearer header, authentication header, auth cookie, \
         access token cookie, jwt cookie, cookie, authorization field, token cookie, authorization authorization scheme, \
         auth scheme, authentication scheme, bearer scheme, bearer prefix, http authorization, authorization http header, \
         http authentication header, x auth token, token parameter, access token parameter",
    ),
    (
        Noun::KeySet,
        "jwks, open id configuration, open id config, open id metadata, open id connect metadata, open id connect configuration, \
         open id connect discovery, well known endpoint, key set, keyset, keystore, jwk set, jwkset, json web key set, jwks endpoint, jwks uri, jwks url, key ring, keyring, \
         jwk endpoint, openid configuration, openid config, discovery document, well known, jwks document, public key set, public jwks, \
         certs endpoint, keys endpoint, signing keys endpoint, public key endpoint, key endpoint, jwks cache, key cache, \
         oidc discovery, oidc metadata, idp metadata, key source, key server, jwks response, jwks file, jwks json, published set, key list, \
         key provider, key download, jwk cache, provider configuration, provider metadata, oidc configuration, oidc config, \
         remote keys, remote jwks, jwks client, certs, verification keys, provider keys, google certs, jwks server, key service, \
         key url, keys url, key uri, trust store, issuer metadata, jwks fetch, jwks keys, key fetch, keys document, \
         openid connect authorization server identity provider jwk source, jwks source, \
         certificates endpoint, issuer discovery, openid connect metadata, authorization server metadata, identity provider metadata, openid provider metadata, openid metadata, discovery endpoint, jwk list, signing key set",
    ),
    (
        Noun::Key,
        "key, !kid, key id, keyid, !jwk, certificate, cert, public key, publickey, private key, secret, !signing key, signingkey, \
         !verification key, verifying key, signer, !signing secret, shared secret, !json web key, !kid header, rsa key, ec key, \
         hmac key, signing certificate, x5t, key identifier, key name, keyring entry, verifier key, \
         encryption key, key material, pem, pubkey, public keys, signing credential, thumbprint, x5c, key pair, keypair, \
         key entry, signature key, security key, verification certificate, keys, secret key, symmetric key, \
         asymmetric key, jwk key, hmac secret, key version, signing cert, decryption key, signkey, ",
    ),
    (
        Noun::Issuer,
        "issuer, iss, provider, !iss claim, !issuer claim, authority, realm, idp, identity provider, issuing authority, issuer url, \
         issuers, claim iss, issuer uri, minter, authorization server, openid provider, oidc provider, trust domain",
    ),
    (
        Noun::Audience,
        "audience, aud, aud claim, audience claim, azp, azp claim, authorized party, authorised party, resource indicator, \
         intended audience, client id audience, aud value, audiences, claim aud, relying party, resource server, authorized parties, \
         target audience, audience restriction",
    ),
    (
        Noun::Session,
        "session, login session, sso session, session id, sid, grant, visit, user session, sessionid, sign in session, auth session, \
         client session, login state, session record, session cookie, oauth session, consent, login ",
    ),
    (
        Noun::Signature,
        "signature, seal, sig, hmac, mac, digest, seal check, \
         crypto signature, signing input, hash signature",
    ),
    (
        Noun::Algorithm,
        "algorithm, !alg, !signing method, !signing algorithm, signature algorithm, !alg header, signature method, signing alg, rs256, rs384, \
         rs512, hs256, hs384, hs512, es256, es384, es512, ps256, ps384, ps512, eddsa, algo, alg none, cipher, algorithms, algs, \
         alg value, key type, kty, encryption method, crypto algorithm, alg claim, \
         key algorithm, signing scheme, signature scheme",
    ),
    (
        Noun::Claim,
        "claim, claims, claim set, claims set, custom claim, claim value, claimset, \
         claim check, claim validation, claims verification, payload claim, user claims",
    ),
    (
        Noun::Expiry,
        "exp, exp claim, expiry, expiration, expiration time, lifetime, expiration date, validity, validity period, max age, maxage, \
         expires at, expiry time, expiry date, time to live, ttl, maximum age, exp value, claim exp, \
         end date, expires on",
    ),
    (
        Noun::Start,
        "nbf, nbf claim, iat, iat claim, not before, notbefore, issued at, issue time, issued at time, not before claim, issued at claim, \
         start time, issue instant, issue date, claim nbf, claim iat, nbf value, iat value, activation time, issuance time, \
         not before time, creation time",
    ),
    (
        Noun::OtherClaim,
        "jti, nonce, acr, amr, at hash, c hash, typ, tid, email claim, tenant claim, jwt id, jwtid, token id, crit, \
         token use, token type, token kind, typ header, tenant id, hd, auth time, azp match, email verified, email, \
         cty, nonce claim, jti claim, role claim, scope claim, groups claim, roles claim, token version, htu, htm, ath, cnf, tenant, \
         acr claim, hosted domain, organization id, csrf claim, state parameter, claim groups, origin claim, iat jti, claim jti, \
         claim nonce, dpop proof, dpop, proof token, fingerprint, claim email, claim tid, claim role, token purpose",
    ),
    (
        Noun::Shape,
        "chunk, segment, payload, part, dot, padding, base64, base64url, jose header, jws header, \
         header, encoding, structure, compact serialization, serialization, format, json, protected header, \
         period character, delimiter, header parameter, compact form, \
         claims json, jose, compact jwt, bytes, characters, character, utf8, \
         header segment, payload segment, header json, payload json, ",
    ),
    (
        Noun::Store,
        "registry, roster, ledger, register, database, db, directory, ldap, replica, user store, userstore, user directory, user service, user repository, user db, \
         user database, account service, member store, account store, identity store, connection pool, datastore, data store, postgres, \
         postgresql, mysql, mongodb, mongo, sql server, redis, dynamodb, user backend, user api, member service, customer service, \
         profile service, directory server, primary, database server, database pool, pool, sql, oracle, cassandra, \
         active directory, people table, person table, member table, members table, customer table, account table, accounts table, \
         user registry, credential store, identity service, user source, persistence layer, account database, \
         scim, account directory, user table, users table, postgres server, member directory, user federation, user storage, \
         identity directory, customer database, employee directory, hr directory, people service, users service, accounts service, \
         backing store, db connection, database connection, pooltimeout, datasource, data source, entity manager, hikari pool",
    ),
    (
        Noun::Scope,
        "offline access, scope, role, permission, privilege, entitlement, access level, authority scope, granted authority, authorities, grants, policy, \
         group, access right, rights, access rule, access policy, rbac, acl, group membership, admin role, required scope, required role, \
         user role, clearance, access rights, ability, allowed scope, realm role, group claim, permissions",
    ),
    (
        Noun::Endpoint,
        "endpoint, url, uri, server, host, service, upstream, backend, api, gateway, idp server, proxy, connection, socket, \
         address, port, remote server, web service",
    ),
    (Noun::Type, "type, use, usage, purpose, kind"),
    (
        Noun::Client,
        "client, client id, clientid, oauth client, client application, application, app, registered client, relying client, \
         client app, service provider",
    ),
    (Noun::Record, "record, row, entry, document, object, item, result, rows, db record, database record, database row"),
    (
        Noun::Foreign,
        "key error, keyerror, unknown error, unknown reason, unknown failure, unknown exception, unknown cause, unspecified error, file, folder, path, route, page, resource, module, package, class, method, function, property, field, column, table, \
         relation, index, template, image, device, disk, node, topic, partition, broker, bucket, order, product, cart, \
         invoice, payment, job, task, queue, thread, process, unit, container, pod, namespace, volume, network, interface, driver module, \
         plugin, extension, command, argument, option, variable, parameter, config, configuration, setting, environment, cache, \
         article, post, comment, message, mail, mailbox, email address, address book, domain, dns, hostname, zone, repository, \
         branch, commit, tag, model, schema, migration, version, locale, language, widget, view, controller, handler, theme, event, \
         license, licence, subscription, plan, quota, limit, symbol, library, dependency, test, feature, flag, query, \
         workspace, project, organization, organisation, team, room, channel, chat, ip, mac address, leader, replica set, \
         offset, block, snapshot, log, report, dashboard, alias, instance, cluster, stream, asset, media, video, audio, song, photo, \
         kernel, usb, pci, acpi, sensor, fan speed, memory, heap, stack, buffer, packet, frame, peer, session opened, primary key, \
         foreign key, host key, registry key, object key, map key, cache key, api key, apikey, license key, gpg key, gpg, ssh key, \
         sort key, partition key, row key, key press, key value, host certificate, idempotency key, encryption at rest, \
         keyspace, keyboard, hotkey, dictionary key, routing key, service key, product key, dnskey, key exchange, key frame, \
         access key, access key id, s3 key, storage key, eof token, user \
         useragent, user agent, user defined, user space, user input, user interface, account balance, account number, bank account, \
         unexpected end, directory index, working directory, home directory, user group, user home, user mode, store item, \
         token bucket, csv, xml, yaml, toml, html, token ring, script, font, mime, webhook, provider class, transaction, \
         client socket, http session, ssh session, tmux session, session cache, game session, zookeeper session, db session, \
         database session, sql session, replication session, network session, smtp session, ftp session, tcp session, bgp session, \
         cgroup, session scope, login profile, kafka session, consumer group, group coordinator, group member, cron session, user slice, \
         user runtime, user unit, user manager, login record",
    ),
    (
        Noun::Veto,
        "signed by unknown authority, unknown authority, self signed, certificate verify failed, certificate signed, password, passphrase, passwd, pwd, csrf, xsrf, captcha, recaptcha, rate limit, ratelimit, too many requests, throttling, \
         tls, ssl, handshake, x509, pam unix, sshd, pam, cron, sudo, otp code, totp, pin, verification code, \
         autovacuum, smtp, sasl, imap, pop3, ftp, dovecot, postfix, krb5, kerberos, ssh, ntlm, samba, vnc, rdp, su, sign in failed, \
         webauthn, passkey, magic link, login failed for, auth could not identify, preauth, api key quota, bad credentials, \
         authenticity token, verification token, requestverificationtoken, antiforgery, anti forgery, registration token, \
         device token, push token, fcm token, apns, csrftoken, csrfmiddlewaretoken, systemd, dpkg, rpm, yum, apt get",
    ),
];
